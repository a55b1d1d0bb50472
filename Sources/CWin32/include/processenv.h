/* processenv.h: the environment, the command line, the current directory. */
#ifndef SIGNALBOX_PROCESSENV_H
#define SIGNALBOX_PROCESSENV_H

#include <minwindef.h>

SIGNALBOX_BEGIN

SIGNALBOX_END

#endif
