/* WinDef.h: windef.h, for sources written where case does not matter. */
#include <windef.h>
