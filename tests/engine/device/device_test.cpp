// The processor as a device: what it says of itself, and what is made remembers it.

#include "engine/device/device.h"

#include "engine/autograd/ops.h"

#include <doctest/doctest.h>

using namespace qstar::engine;

TEST_CASE("the processor is the device in use unless another was chosen") {
    CHECK(&device() == &cpu_device());
    CHECK(cpu_device().name() == "cpu");
    CHECK(cpu_device().is_host());
    CHECK(cpu_device().computes_on_calling_thread());
    CHECK(cpu_device().uses_process_memory());
}

TEST_CASE("tensors and tapes say where they lie") {
    CHECK(&Tensor().device() == &cpu_device());
    const Tensor x = Tensor::full({2, 3}, 2.0f);
    CHECK(&x.device() == &cpu_device());
    CHECK(&x.reshaped({6}).device() == &cpu_device());
    CHECK(&x.clone().device() == &cpu_device());
    Tape tape;
    CHECK(&tape.device() == &cpu_device());
    CHECK(&tape.second_tape().device() == &cpu_device());
    const Var y = scale(tape, tape.variable(x), 3);
    CHECK(&tape.value(y).device() == &cpu_device());
}
