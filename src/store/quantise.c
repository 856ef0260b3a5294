/*
 * Values to codes and back. The rounding happens here, once, against the value that came in, so
 * that errors never add up. It trusts that values are 0 or of a magnitude in DBL_MIN to
 * QUANTISE_MAX; its caller checks, and checks what comes out with quantise_close().
 */
#include "store/quantise.h"

#include <math.h>
#include <string.h>

/* Step of the logarithmic part: just under 2 ln(1.001), so that half of it stays within 1e-3. */
#define STEP 0.0019989
#define LINEAR 1000.0 /* codes up to here are linear: whole numbers to 1000 are exact */

#define LOG_MAX 709.7784242620187 /* ln(QUANTISE_MAX) */

#define RAW_MANTISSA_BITS 9
#define RAW_SHIFT 43 /* sign, exponent and that many bits of the mantissa of a double remain */

struct quantise_grid {
	double per_unit; /* codes for each 1.0 */
	double end;      /* LINEAR / per_unit: where the logarithmic part starts */
	double log_end;  /* ln(end) */
};

#define QUANTISE_ROW(n, log_n)                               \
	{                                                    \
		n, LINEAR / (n), 6.907755278982137 - (log_n) \
	}

/*
 * Whole numbers; ticks or events over 6, 10, 15 and 60 s; hundredths; thousandths; and 2^-40, for
 * everything else.
 */
static const struct quantise_grid grids[QUANTISE_COUNT] = {
    QUANTISE_ROW(1.0, 0.0),
    QUANTISE_ROW(6.0, 1.791759469228055),
    QUANTISE_ROW(10.0, 2.302585092994046),
    QUANTISE_ROW(15.0, 2.70805020110221),
    QUANTISE_ROW(60.0, 4.0943445622221),
    QUANTISE_ROW(100.0, 4.605170185988092),
    QUANTISE_ROW(1000.0, 6.907755278982137),
    QUANTISE_ROW(0x1p40, 27.725887222397812),
};

/* To nearest, of 0 <= x < 2^31; lrint() is a call on a plain x86-64. */
static int32_t
round_up_half(double x)
{
	return (int32_t)(x + 0.5);
}

static bool
is_exact_kind(double magnitude)
{
	return magnitude <= QUANTISE_EXACT && magnitude == (double)(int32_t)magnitude;
}

static double
raw_value(int32_t code)
{
	uint64_t bits = (uint64_t)(code & (QUANTISE_RAW - 1)) << RAW_SHIFT;
	double x;

	memcpy(&x, &bits, sizeof(x));
	return x;
}

bool
quantise_close(double x, double y)
{
	double magnitude = fabs(x);

	if (is_exact_kind(magnitude))
		return x == y;
	return fabs(x - y) <= QUANTISE_ERROR * magnitude;
}

bool
quantise_fits(double x, unsigned unit)
{
	const struct quantise_grid *g = &grids[unit];
	double magnitude = fabs(x), n;

	if (magnitude > g->end)
		return !is_exact_kind(magnitude);
	n = magnitude * g->per_unit;
	if (is_exact_kind(magnitude))
		return true; /* n is whole, and dividing it again gives x itself */
	return fabs(n - round_up_half(n)) <= 0.999 * QUANTISE_ERROR * n;
}

int32_t
quantise_code(double x, unsigned unit)
{
	const struct quantise_grid *g = &grids[unit];
	double magnitude = fabs(x);
	int32_t code;

	if (magnitude <= g->end)
		code = round_up_half(magnitude * g->per_unit);
	else
		code = round_up_half(LINEAR + (log(magnitude) - g->log_end) * (1 / STEP));
	return x < 0 ? -code : code;
}

int32_t
quantise_raw_code(double x)
{
	uint64_t bits;

	memcpy(&bits, &x, sizeof(bits));
	bits += 1ULL << (RAW_SHIFT - 1); /* to nearest; a carry into the exponent is right */
	return (int32_t)(bits >> RAW_SHIFT) | QUANTISE_RAW;
}

double
quantise_value(int32_t code, unsigned unit)
{
	const struct quantise_grid *g = &grids[unit];
	double n = code < 0 ? -(double)code : code, magnitude;

	if (code >= QUANTISE_RAW)
		return raw_value(code);
	if (n <= LINEAR)
		magnitude = n / g->per_unit;
	else
		magnitude = exp((n - LINEAR) * STEP + g->log_end);
	return code < 0 ? -magnitude : magnitude;
}

bool
quantise_is_code(int32_t code, unsigned unit)
{
	uint32_t exponent = (uint32_t)code >> RAW_MANTISSA_BITS & 0x7ff;
	int32_t max = round_up_half(LINEAR + (LOG_MAX - grids[unit].log_end) * (1 / STEP));

	if (code >= QUANTISE_RAW)
		return code < QUANTISE_RAW + (1 << QUANTISE_RAW_BITS) && exponent > 0 &&
		       exponent < 0x7ff;
	return code <= max && code >= -max;
}
