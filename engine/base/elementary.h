#pragma once
// The elementary functions, the same bytes on every processor.
//
// The C library's own differ from system to system and, since it chooses at start-up, from
// processor to processor in the last place. These are plain additions, multiplications and
// divisions of doubles in a written order, none of them fused, so that IEEE 754 alone decides
// about each bit. Arguments are reduced after Cody & Waite, "Software Manual for the Elementary
// Functions" (1980); polynomials are Taylor's, as long as a double sees them. Errors are in units
// in the last place; the float forms are the double ones, rounded. NaN gives NaN. Any thread may
// call them.
//
// No result of the program passes through another exp, log, pow, sin, cos or tanh (a test looks).
// Nothing here is defined: kernel files call it, and what they inlined would be compiled for
// their instruction set (kernels.h).

#include <cstdint>

namespace qstar::math {

double exp(double x); // 1 unit; infinity from 709.79 on, 0 below -745.2
float exp(float x);
double expm1(double x); // e^x - 1, near 0 as well: 4 units
double log(double x);   // 1 unit; -infinity of 0, NaN below
float log(float x);
double log1p(double x); // log(1 + x), near 0 as well: 3 units
float log1p(float x);
double log10(double x); // 2 units

double sin(double x);  // 1.5 units of |x| <= 7, 2.5 of |x| <= 2^20, NaN beyond
double cos(double x);  // the same
double tanh(double x); // 3 units
float tanh(float x);

double sigmoid(double x); // 1 / (1 + e^-x): 2 units
float sigmoid(float x);
double softplus(double x); // log(1 + e^x): 3 units; overflows for no x
float softplus(float x);

double power(double x, int64_t n); // x^n by squaring, n of any sign
double power(double x, double y);  // x^y = e^(y log x), x > 0; loses |y log x| units

} // namespace qstar::math
