#pragma once
// Where whole tensors are computed: one table of operations for each kind of device.
//
// The tape, the optimiser and what is above them call this table and do not know where
// they run. The processor's entries (cpu_*.cpp) are loops over its kernels and are done
// when they return. A GPU's (engine/vulkan) only write down what is to be done, in order;
// finish() waits until it is. Pointers are host addresses on every device: memory that
// allocate() gave can be read and written by the host, too, as soon as finish() has
// returned. So whoever reads or writes numbers outside of this table calls finish() first;
// Tape::value(), Tensor's own functions and AdamW do it for everybody else; Tape::grad() does
// not.
//
// "d" is where a gradient goes (Slot): the first contribution overwrites it, later ones are
// added. Arrays of int and of weights are the host's and are read before the call returns.

#include "engine/kernels/bf16.h"
#include "engine/kernels/gemm.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

namespace qstar::engine {

// Elementwise functions of one number and of two, as named by the tape's operations.
enum class Map { scale, shift, exp, log, sigmoid, softplus, tanh, relu, clamp, gelu };
enum class Zip { add, sub, mul, minimum };

// Where a gradient goes; data is null when it is not wanted.
struct Slot {
    float* data = nullptr;
    bool fresh = false; // nothing was written yet: overwrite
};

struct AdamWStep { // see Kernels::adamw
    float grad_scale, rate, beta1, beta2, eps, decay, correct1, correct2;
};

struct Attention {
    int64_t batch, time, heads, width;
};

// Rows of a decoder's batch: tokens of sequences whose keys and values lie in pages
// (gpt/kv_cache.h). The arrays of int may lie in the host's memory or in the device's.
struct PagedRows {
    int64_t rows = 0, heads = 1, width = 0;
    float* memory = nullptr; // of all pages, `size` numbers
    int64_t size = 0, page_size = 0;
    int64_t keys = 0, values = 0; // where those of the layer begin in a page
    const int* pages = nullptr;   // numbers of the sequences' pages, `listed` of them
    int64_t listed = 0;
    const int* first = nullptr;    // where the list of row r's sequence begins
    const int* position = nullptr; // of row r in its sequence
};

// A token to be drawn from a row of logits as gpt/sampling.h says.
struct TokenDraw {
    int row = 0;
    int top_k = 0;
    float temperature = 1, top_p = 1;
    double uniform = 0; // in [0, 1)
    int token = 0;      // drawn
    float log_prob = 0; // of the token at temperature 1, without restriction
};

struct Device {
    const char* name;   // "cpu", "NVIDIA H100 PCIe by Vulkan"
    int64_t widest;     // numbers of the widest activation that a micro-batch should have
    bool (*has_bf16)(); // can it multiply in bf16? Else Precision::bf16 is computed in fp32

    std::shared_ptr<float> (*allocate)(int64_t count); // uninitialised, 64-byte aligned
    void (*finish)();
    // Waits, then copies to ordinary memory: where the host reads a device's memory slowly,
    // this is the fast way.
    void (*download)(int64_t n, const float* from, float* to);

    void (*fill)(int64_t n, float value, float* x);
    void (*add_scaled)(int64_t n, float alpha, const float* x, Slot d); // d (+)= alpha x
    void (*gemm)(const Gemm& product, Precision precision);

    void (*map)(Map f, int64_t n, const float* x, float c0, float c1, float* y);
    void (*map_grad)(Map f, int64_t n, const float* x, const float* y, const float* dy, float c0,
                     float c1, Slot dx);
    void (*zip)(Zip f, int64_t n, const float* a, const float* b, float* y);
    // Of mul and minimum; `second`: of b, else of a.
    void (*zip_grad)(Zip f, bool second, int64_t n, const float* a, const float* b, const float* dy,
                     Slot d);
    void (*sum)(int64_t n, const float* x, float* y);  // y = the sum
    void (*spread)(int64_t n, const float* y, Slot d); // d (+)= y[0], everywhere

    // d[column] += sums over rows. partial: (row_chunks(rows), columns), of the caller.
    void (*column_sums)(int64_t rows, int64_t columns, const float* x, float* partial, Slot d);
    void (*layer_norm)(int64_t rows, int64_t width, const float* x, const float* gain,
                       const float* bias, float* y, float* mean, float* rstd);
    // partial: (row_chunks(rows), 2, width).
    void (*layer_norm_grad)(int64_t rows, int64_t width, const float* x, const float* gain,
                            const float* dy, const float* mean, const float* rstd, Slot dx,
                            float* partial, Slot dgain, Slot dbias);

    // y[r] = table[tokens[r]] (+ positions[r mod time], if any)
    void (*embedding)(int64_t rows, int64_t width, const int* tokens, const float* table,
                      const float* positions, int64_t time, float* y);
    // table and positions: where they are wanted and fresh, cleared first (their rows).
    void (*embedding_grad)(int64_t rows, int64_t width, const int* tokens, int64_t time,
                           const float* dy, Slot table, int64_t table_rows, Slot positions,
                           int64_t position_rows);
    void (*gather_rows)(int64_t count, int64_t width, const int* rows, const float* x, float* y);
    void (*gather_rows_grad)(int64_t count, int64_t width, const int* rows, const float* dy, Slot d,
                             int64_t d_rows);

    // y[i] (+)= the rows of x whose numbers are order[first[i]], ..., order[first[i + 1] - 1],
    // added up in this order.
    void (*sum_lists)(int64_t lists, int64_t width, const int* first, const int* order,
                      const float* x, int64_t x_rows, Slot y);

    // See autograd/attention.h.
    void (*attention)(const float* qkv, float* out, float* lse, Attention shape);
    void (*attention_grad)(const float* qkv, const float* out, const float* lse, const float* dout,
                           Slot dqkv, Attention shape);

    // p: the probabilities (rows, classes), kept for backward.
    // loss = sum_r w_r (-log p_r[target_r]) / total; rows of weight 0 are left out.
    void (*cross_entropy)(int64_t rows, int64_t classes, const float* x, const int* targets,
                          const float* weights, double total, float* p, float* row_loss,
                          float* loss);
    // dx (+)= dy[0] factor w_r (p_r - onehot(target_r))
    void (*cross_entropy_grad)(int64_t rows, int64_t classes, const float* p, const int* targets,
                               const float* weights, const float* dy, float factor, Slot dx);
    // y[r] = log p_r[target_r];  dx (+)= dy_r (onehot(target_r) - p_r)
    void (*log_prob)(int64_t rows, int64_t classes, const float* x, const int* targets, float* p,
                     float* y);
    void (*log_prob_grad)(int64_t rows, int64_t classes, const float* p, const int* targets,
                          const float* dy, Slot dx);
    // y[r] = entropy of p_r;  dx_rj (+)= -dy_r p_rj (x_rj - lse_r + y_r)
    void (*entropy)(int64_t rows, int64_t classes, const float* x, float* p, float* lse, float* y);
    void (*entropy_grad)(int64_t rows, int64_t classes, const float* x, const float* p,
                         const float* lse, const float* y, const float* dy, Slot dx);
    // off = sigmoid(x) - label; loss = sum_i w_i (softplus(x_i) - label_i x_i) / total
    void (*binary_cross_entropy)(int64_t n, const float* x, const float* labels,
                                 const float* weights, double total, float* off, float* loss);
    // dx (+)= dy[0] factor w_i off_i
    void (*binary_cross_entropy_grad)(int64_t n, const float* off, const float* weights,
                                      const float* dy, float factor, Slot dx);

    // Decoding. rows_product: as gemm, but each row of C as if it were alone: its bytes do not
    // depend on the number of rows. A is not transposed.
    void (*rows_product)(const Gemm& product);
    // The keys and values of new rows (rows, 3 width) go into their pages.
    void (*store_pages)(const PagedRows& rows, const float* qkv);
    // out (rows, width): each row attends to the positions of its sequence up to its own.
    void (*attend_pages)(const PagedRows& rows, const float* qkv, float* out);
    // Page to[i] becomes what page from[i] is; of `size` numbers at `memory`.
    void (*copy_pages)(int64_t count, const int* from, const int* to, int64_t page_size,
                       float* memory, int64_t size);
    // From logits (rows, vocab), of which the first `classes` of a row may be drawn. Waits.
    void (*draw_tokens)(std::span<TokenDraw> draws, int64_t rows, int64_t vocab, int64_t classes,
                        const float* logits);

    // The sum of all squares, in double, in a fixed order. Waits.
    double (*sum_of_squares)(std::span<const std::span<const float>> pieces);
    void (*adamw)(int64_t n, float* p, const float* g, float* m, float* v, const AdamWStep& step);
};

// The type of an entry's function: `EntryOf<&Device::map> map;` declares one that fits.
template <auto entry>
using EntryOf =
    std::remove_pointer_t<std::remove_reference_t<decltype(std::declval<Device>().*entry)>>;

const Device& cpu_device();
// The processor's memory; large pieces lie in huge pages where the system offers them (fewer
// misses of the address cache, far fewer page faults).
std::shared_ptr<float> allocate_host_floats(int64_t count);

// The device in use: the processor, unless use_device() said otherwise.
const Device& device();
// Tensors and tapes belong to the device that was in use when they were made. Call it before
// threads are at work. By name: engine/run/use_device.h.
void use_device(const Device& device);

// While it lives, tensors made by this thread lie in ordinary memory: for what only the
// processor will read.
class HostMemory {
  public:
    HostMemory();
    ~HostMemory();
    HostMemory(const HostMemory&) = delete;
    HostMemory& operator=(const HostMemory&) = delete;
};
bool wants_host_memory();

} // namespace qstar::engine
