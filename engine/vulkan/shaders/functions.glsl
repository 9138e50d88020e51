// Functions that neither overflow nor divide infinity by infinity.
float tanh_of(float x) { return 1.0 - 2.0 / (exp(2.0 * x) + 1.0); }
float sigmoid_of(float x) { return 1.0 / (1.0 + exp(-x)); }
float softplus_of(float x) { return max(x, 0.0) + log(1.0 + exp(-abs(x))); }

// GELU, tanh form (Hendrycks & Gimpel 2016).
const float root_two_over_pi = 0.7978845608028654;
const float cubic = 0.044715;
float gelu_of(float x) {
    return 0.5 * x * (1.0 + tanh_of(root_two_over_pi * (x + cubic * x * x * x)));
}
float gelu_slope(float x) {
    const float t = tanh_of(root_two_over_pi * (x + cubic * x * x * x));
    const float inner = root_two_over_pi * (1.0 + 3.0 * cubic * x * x);
    return 0.5 * (1.0 + t) + 0.5 * x * (1.0 - t * t) * inner;
}
