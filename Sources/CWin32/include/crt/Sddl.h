/* Sddl.h: sddl.h, for sources written where case does not matter. */
#include <sddl.h>
