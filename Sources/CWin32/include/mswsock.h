/* mswsock.h: Winsock's extension functions. WSAIoctl gives them too, by SIO_GET_EXTENSION_FUNCTION_POINTER. */
#ifndef SIGNALBOX_MSWSOCK_H
#define SIGNALBOX_MSWSOCK_H

#include <winsock2.h>

#define SO_UPDATE_ACCEPT_CONTEXT 0x700B

#define WSAID_ACCEPTEX {0xb5367df1, 0xcbac, 0x11cf, {0x95, 0xca, 0x00, 0x80, 0x5f, 0x48, 0xa1, 0x92}}
#define WSAID_GETACCEPTEXSOCKADDRS {0xb5367df2, 0xcbac, 0x11cf, {0x95, 0xca, 0x00, 0x80, 0x5f, 0x48, 0xa1, 0x92}}

typedef BOOL(WINAPI *LPFN_ACCEPTEX)(
    SOCKET sListenSocket, SOCKET sAcceptSocket, PVOID lpOutputBuffer, DWORD dwReceiveDataLength,
    DWORD dwLocalAddressLength, DWORD dwRemoteAddressLength, LPDWORD lpdwBytesReceived, LPOVERLAPPED lpOverlapped);
typedef void(WINAPI *LPFN_GETACCEPTEXSOCKADDRS)(
    PVOID lpOutputBuffer, DWORD dwReceiveDataLength, DWORD dwLocalAddressLength, DWORD dwRemoteAddressLength,
    SOCKADDR **LocalSockaddr, LPINT LocalSockaddrLength, SOCKADDR **RemoteSockaddr, LPINT RemoteSockaddrLength);

SIGNALBOX_BEGIN

SIGNALBOX_API BOOL WINAPI AcceptEx(
    SOCKET sListenSocket, SOCKET sAcceptSocket, PVOID lpOutputBuffer, DWORD dwReceiveDataLength,
    DWORD dwLocalAddressLength, DWORD dwRemoteAddressLength, LPDWORD lpdwBytesReceived, LPOVERLAPPED lpOverlapped);
SIGNALBOX_API void WINAPI GetAcceptExSockaddrs(
    PVOID lpOutputBuffer, DWORD dwReceiveDataLength, DWORD dwLocalAddressLength, DWORD dwRemoteAddressLength,
    SOCKADDR **LocalSockaddr, LPINT LocalSockaddrLength, SOCKADDR **RemoteSockaddr, LPINT RemoteSockaddrLength);

SIGNALBOX_END

#endif
