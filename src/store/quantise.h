/*
 * Values as small integers ("codes"). A grid has a unit: up to 1000 units a code counts units,
 * above that each code is 0.2 % above the one before. A series whose values are counts over an
 * interval, tenths or whole numbers thus needs few codes, and noise needs no more of them than its
 * error bound asks for. What no grid holds goes as a raw code: a float of 9 explicit mantissa bits.
 */
#ifndef STORE_QUANTISE_H
#define STORE_QUANTISE_H

#include <stdbool.h>
#include <stdint.h>

#define QUANTISE_COUNT 8 /* coarse units first */
#define QUANTISE_LOG \
	(QUANTISE_COUNT - 1) /* the unit so small that it is logarithmic for all that matters */
#define QUANTISE_ERROR 1e-3  /* relative, at most; whole numbers up to 1000 are exact */
#define QUANTISE_EXACT 1000.0
#define QUANTISE_MAX 1.79e308
#define QUANTISE_RAW_BITS 21
#define QUANTISE_RAW (1 << 28) /* codes from here on are raw */

/* Would y do for x? */
bool quantise_close(double x, double y);

/* Does a grid hold x within the error bound? */
bool quantise_fits(double x, unsigned unit);

/* The code nearest to x (0, or DBL_MIN <= |x| <= QUANTISE_MAX), and its value. A raw code's unit
 * does not matter. */
int32_t quantise_code(double x, unsigned unit);
int32_t quantise_raw_code(double x);
double quantise_value(int32_t code, unsigned unit);

/* Codes of all units but raw ones lie within +-QUANTISE_CODE_MAX. */
#define QUANTISE_CODE_MAX (1 << 19)

/* Is it the code of a value that quantise_code() or quantise_raw_code() takes? */
bool quantise_is_code(int32_t code, unsigned unit);

#endif
