/* Mswsock.h: mswsock.h, for sources written where case does not matter. */
#include <mswsock.h>
