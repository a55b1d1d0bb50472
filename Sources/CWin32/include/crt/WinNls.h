/* WinNls.h: winnls.h, for sources written where case does not matter. */
#include <winnls.h>
