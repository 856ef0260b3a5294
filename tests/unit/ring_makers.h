/*
 * Series to try rings with: each maker gives the next value of one kind of series, gap_of() the
 * time to it. All dice are rolled from seed_now, which the test prints.
 */
#ifndef TESTS_UNIT_RING_MAKERS_H
#define TESTS_UNIT_RING_MAKERS_H

#include <math.h>
#include <stdint.h>

#include "base/clock.h"
#include "store/ring.h"

static uint64_t seed_now;

static uint32_t
roll(void)
{
	seed_now = seed_now * 6364136223846793005ULL + 1442695040888963407ULL;
	return (uint32_t)(seed_now >> 33);
}

static double
roll_unit(void)
{
	return roll() / 2147483648.0;
}

/* Sum of uniforms: near enough to a normal distribution. */
static double
roll_normal(void)
{
	return (roll_unit() + roll_unit() + roll_unit() + roll_unit() - 2) * 1.73;
}

/* Kinds of series: state in *x, i counts. */
static double
make_constant(double *x, int i)
{
	*x = i == 0 ? roll_normal() * 1e6 : *x;
	return *x;
}

static double
make_walk(double *x, int i)
{
	*x = i == 0 ? 1e4 * roll_unit() : *x + roll_normal() * 20;
	return *x;
}

static double
make_noise(double *x, int i)
{
	(void)x, (void)i;
	return 5000 + 1000 * roll_normal();
}

static double
make_integers(double *x, int i)
{
	(void)i;
	*x += (double)(roll() % 7) - 3;
	return *x;
}

static double
make_any_integer(double *x, int i)
{
	(void)x, (void)i;
	return (double)(roll() % 2001) - 1000;
}

static double
make_rate(double *x, int i)
{
	(void)x, (void)i;
	return (double)(roll() % 50) / (10.0 + 0.0005 * roll_normal());
}

static double
make_spikes(double *x, int i)
{
	(void)x, (void)i;
	return roll() % 20 ? 0 : exp(20 * roll_unit());
}

static double
make_signs(double *x, int i)
{
	(void)x;
	return (i & 1 ? -1 : 1) * 12.5 * roll_unit();
}

static double
make_wild(double *x, int i)
{
	(void)x, (void)i;
	return (roll() & 1 ? -1 : 1) * exp(1400 * roll_unit() - 700);
}

/* Changes its nature, and so its grid, again and again. */
static double
make_moody(double *x, int i)
{
	switch (i / 100 % 4) {
	case 0:
		return make_integers(x, i);
	case 1:
		return make_rate(x, i);
	case 2:
		return make_wild(x, i);
	default:
		return (double)(roll() % 1000) / 100;
	}
}

static double (*const makers[])(double *, int) = {make_constant, make_walk, make_noise,
    make_integers, make_any_integer, make_rate, make_spikes, make_signs, make_wild, make_moody};

/* Kinds of time: nanoseconds to the next sample. */
static int64_t
gap_of(unsigned kind)
{
	switch (kind) {
	case 0:
		return 10 * NS_PER_SEC;
	case 1: /* jitter */
		return 10 * NS_PER_SEC + (int64_t)(roll() % 400) * NS_PER_MS - 200 * NS_PER_MS;
	case 2: /* samples left out, suspend */
		return NS_PER_SEC * (roll() % 30 ? 1 : 1 + roll() % (roll() % 10 ? 5 : 100000));
	case 3: /* as fast as it goes */
		return 2 * RING_TICK_NS;
	default: /* anything */
		return 2 * RING_TICK_NS + (int64_t)(exp(30 * roll_unit()) * 1000);
	}
}

#endif
