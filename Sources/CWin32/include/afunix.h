/* afunix.h: addresses of AF_UNIX sockets. */
#ifndef SIGNALBOX_AFUNIX_H
#define SIGNALBOX_AFUNIX_H

#include <ws2def.h>

#define UNIX_PATH_MAX 108

typedef struct SIGNALBOX_TAG(sockaddr_un) {
    ADDRESS_FAMILY sun_family;
    char sun_path[UNIX_PATH_MAX];
} SOCKADDR_UN, *PSOCKADDR_UN;

#endif
