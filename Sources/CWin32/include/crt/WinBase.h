/* WinBase.h: winbase.h, for sources written where case does not matter. */
#include <winbase.h>
