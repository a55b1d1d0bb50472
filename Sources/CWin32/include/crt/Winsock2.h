/* Winsock2.h: winsock2.h, for sources written where case does not matter. */
#include <winsock2.h>
