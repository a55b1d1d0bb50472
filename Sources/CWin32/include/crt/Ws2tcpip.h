/* Ws2tcpip.h: ws2tcpip.h, for sources written where case does not matter. */
#include <ws2tcpip.h>
