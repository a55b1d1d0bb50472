/* Process.h: process.h, for sources written where case does not matter. */
#include <process.h>
