/* WinCon.h: wincon.h, for sources written where case does not matter. */
#include <wincon.h>
