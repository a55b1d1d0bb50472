/* wincon.h: the older name of consoleapi.h. */
#ifndef SIGNALBOX_WINCON_H
#define SIGNALBOX_WINCON_H

#include <consoleapi.h>

#endif
