// connections.h: sockets that the cases start from. Include winsock2.h, and cases.h, first.
#ifndef CONNECTIONS_H
#define CONNECTIONS_H

MAYBE_UNUSED static struct sockaddr_in loopback(unsigned short port) {
    struct sockaddr_in address;
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

MAYBE_UNUSED static SOCKET new_stream(void) {
    SOCKET made = WSASocketW(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, WSA_FLAG_OVERLAPPED);
    TRUTH(made != INVALID_SOCKET);
    return made;
}

MAYBE_UNUSED static int bind_to(SOCKET s, unsigned short port) {
    struct sockaddr_in address = loopback(port);
    return bind(s, (struct sockaddr *)&address, sizeof address);
}

MAYBE_UNUSED static struct sockaddr_in name_of(SOCKET s) {
    struct sockaddr_in address;
    int length = sizeof address;
    memset(&address, 0, sizeof address);
    EQUAL(getsockname(s, (struct sockaddr *)&address, &length), 0);
    return address;
}

MAYBE_UNUSED static SOCKET new_listener(void) {
    SOCKET listener = new_stream();
    EQUAL(bind_to(listener, 0), 0);
    EQUAL(listen(listener, 16), 0);
    return listener;
}

MAYBE_UNUSED static int connect_to(SOCKET s, SOCKET listener) {
    struct sockaddr_in address = name_of(listener);
    return connect(s, (struct sockaddr *)&address, sizeof address);
}

// A port at which nobody listens.
MAYBE_UNUSED static struct sockaddr_in nobody(void) {
    SOCKET listener = new_listener();
    struct sockaddr_in address = name_of(listener);
    EQUAL(closesocket(listener), 0);
    return address;
}

// The two ends of a connection.
struct pair {
    SOCKET ours, theirs;
};

MAYBE_UNUSED static struct pair connected(void) {
    struct pair pair;
    SOCKET listener = new_listener();
    pair.ours = new_stream();
    EQUAL(connect_to(pair.ours, listener), 0);
    pair.theirs = accept(listener, NULL, NULL);
    TRUTH(pair.theirs != INVALID_SOCKET);
    EQUAL(closesocket(listener), 0);
    return pair;
}

MAYBE_UNUSED static void close_pair(struct pair pair) {
    EQUAL(closesocket(pair.ours), 0);
    EQUAL(closesocket(pair.theirs), 0);
}

// Ends the connection with a reset.
MAYBE_UNUSED static void reset(SOCKET s) {
    struct linger linger = {1, 0};
    EQUAL(setsockopt(s, SOL_SOCKET, SO_LINGER, (char *)&linger, sizeof linger), 0);
    EQUAL(closesocket(s), 0);
}

MAYBE_UNUSED static SOCKET new_datagrams(void) {
    SOCKET made = WSASocketW(AF_INET, SOCK_DGRAM, IPPROTO_UDP, NULL, 0, WSA_FLAG_OVERLAPPED);
    TRUTH(made != INVALID_SOCKET);
    EQUAL(bind_to(made, 0), 0);
    return made;
}

MAYBE_UNUSED static void do_not_wait(SOCKET s) {
    ULONG yes = 1;
    EQUAL(ioctlsocket(s, FIONBIO, (void *)&yes), 0);
}

// Waits until something can be received.
MAYBE_UNUSED static void until_readable(SOCKET s) {
    fd_set set;
    FD_ZERO(&set);
    FD_SET(s, &set);
    EQUAL(select(0, &set, NULL, NULL, NULL), 1);
}

#endif
