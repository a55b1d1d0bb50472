/* winnls.h: code pages and locales. */
#ifndef SIGNALBOX_WINNLS_H
#define SIGNALBOX_WINNLS_H

#include <minwindef.h>

SIGNALBOX_BEGIN

SIGNALBOX_END

#endif
