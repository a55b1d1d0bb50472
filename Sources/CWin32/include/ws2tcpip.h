/* ws2tcpip.h: what programs include for IPv6 addresses. */
#ifndef SIGNALBOX_WS2TCPIP_H
#define SIGNALBOX_WS2TCPIP_H

#include <winsock2.h>
#include <ws2ipdef.h>

#endif
