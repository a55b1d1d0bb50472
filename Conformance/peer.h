// peer.h: the other end of a connection, by the system's own sockets. What fails there ends the program.
#ifndef PEER_H
#define PEER_H

typedef long long peer; // 0 is none

// Connects to 127.0.0.1.
peer peer_connect(unsigned short port);
// As peer_connect; 0 if nobody listens, or nobody takes the connection for 5 seconds.
peer peer_try_connect(unsigned short port);
// Sends what can be sent; what goes wrong is nobody's fault.
void peer_try_send(peer p, const void *bytes, int count);
// The peer's own port.
unsigned short peer_port(peer p);
void peer_send(peer p, const void *bytes, int count);
// Receives `count` bytes, or fewer if the connection ends before; returns their number. -1: the connection was reset.
int peer_receive(peer p, void *bytes, int count);
// Says that nothing more will be sent.
void peer_finish(peer p);
void peer_close(peer p);
// Closes the connection with a reset.
void peer_reset(peer p);

#endif
