// Sums and maxima over a work group of 128, in a fixed order: a tree in shared memory.
shared float group_numbers[128];

float group_sum(float x) {
    const uint me = gl_LocalInvocationID.x;
    barrier(); // the last use of the numbers
    group_numbers[me] = x;
    for (uint half_size = 64; half_size > 0; half_size /= 2) {
        barrier();
        if (me < half_size) group_numbers[me] += group_numbers[me + half_size];
    }
    barrier();
    return group_numbers[0];
}

float group_max(float x) {
    const uint me = gl_LocalInvocationID.x;
    barrier();
    group_numbers[me] = x;
    for (uint half_size = 64; half_size > 0; half_size /= 2) {
        barrier();
        if (me < half_size) group_numbers[me] = max(group_numbers[me], group_numbers[me + half_size]);
    }
    barrier();
    return group_numbers[0];
}
