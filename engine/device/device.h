#pragma once
// Where whole tensors are computed: an interface, with one class for each kind of device.
//
// The tape, the optimiser and what is above them call it and do not know where they run. The
// processor's operations (cpu_device.h) are loops over its kernels and are done when they
// return. A GPU's (engine/vulkan) only write down what is to be done, in order; finish() waits
// until it is. Pointers are host addresses on every device: memory that allocate() gave can be
// read and written by the host, too, as soon as finish() has returned. So whoever reads or
// writes numbers outside of this interface calls finish() first; Tape::value() and grad(),
// Tensor's own functions and AdamW do it for everybody else.
//
// Tensors, arenas, tapes, caches and decoders remember the device that they were made on and
// compute there, whatever device is in use later. What an operation writes is the device's own
// memory (an Error otherwise); what it reads may lie in the host's, too, but not in that of a
// third device. Several threads may call operations of one device at once.
//
// "d" is where a gradient goes (GradTarget): the first contribution overwrites it, later ones are
// added. Arrays of int and of weights are the host's and are read before the call returns.

#include "engine/kernels/bf16.h"
#include "engine/kernels/gemm.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace qstar::engine {

// Elementwise functions of one number and of two, as named by the tape's operations.
enum class Map { scale, shift, exp, log, sigmoid, softplus, tanh, relu, clamp, gelu };
enum class Zip { add, sub, mul, minimum };

// Where a gradient goes; data is null when it is not wanted.
struct GradTarget {
    float* data = nullptr;
    bool fresh = false; // nothing was written yet: overwrite
};

struct AdamWStep { // see Kernels::adamw
    float grad_scale, rate, beta1, beta2, eps, decay, correct1, correct2;
};

// Causal attention of `heads` heads of queries, of which each heads / kv_heads neighbours share one
// head of keys and values (Ainslie et al., "GQA", 2023).
struct Attention {
    int64_t batch, time, heads, kv_heads, size; // size: of a head

    int64_t rows() const { return batch * time; }
    int64_t group() const { return heads / kv_heads; }
    int64_t width() const { return heads * size; }       // of a row of queries, and of the output
    int64_t kv_width() const { return kv_heads * size; } // of a row of keys, and of values
    int64_t qkv_width() const { return width() + 2 * kv_width(); }
};

// Rows of `groups` groups of `width` numbers, one row at distance `stride` of the next: a norm of
// each group, with one gain for all.
struct RmsNorm {
    int64_t rows = 0, groups = 1, width = 0, stride = 0;
    float eps = 0;
};

// Queries or keys of `heads` heads of `size` numbers, turned by the angles of their positions:
// row p of `turns` has the size / 2 cosines of position p, then the sines (nullptr: not turned).
struct Rotation {
    int64_t rows = 0, heads = 1, size = 0;
    const float* turns = nullptr;
    int64_t positions = 0;         // rows of turns
    const int* position = nullptr; // of row r; nullptr: r mod time
    int64_t time = 1;
    bool back = false; // the other way: the gradient
};

// Rows of a decoder's batch: tokens of sequences whose keys and values lie in pages
// (decode/kv_cache.h). The arrays of int may lie in the host's memory or in the device's.
struct PagedRows {
    int64_t rows = 0, heads = 1, kv_heads = 1, head_size = 0; // see Attention
    float* memory = nullptr;                                  // of all pages, `size` numbers
    int64_t size = 0, page_size = 0;
    int64_t keys = 0, values = 0; // where those of the layer begin in a page
    const int* pages = nullptr;   // numbers of the sequences' pages, `listed` of them
    int64_t listed = 0;
    const int* first = nullptr;    // where the list of row r's sequence begins
    const int* position = nullptr; // of row r in its sequence

    int64_t width() const { return heads * head_size; }
    int64_t kv_width() const { return kv_heads * head_size; }
    int64_t qkv_width() const { return width() + 2 * kv_width(); }
};

// A token to be drawn from a row of logits as decode/sampling.h says.
struct TokenDraw {
    int row = 0;
    int top_k = 0;
    float temperature = 1, top_p = 1;
    double uniform = 0; // in [0, 1)
    int token = 0;      // drawn
    float log_prob = 0; // of the token at temperature 1, without restriction
};

// A device: memory and the operations on it. Not copied, and at least as long-lived as what was
// made on it; the processor's and those that use_device() opens live until the program ends.
class Device {
  public:
    Device() = default;
    virtual ~Device() = default;
    Device(const Device&) = delete;
    Device& operator=(const Device&) = delete;

    virtual const std::string& name() const = 0; // "cpu", "NVIDIA H100 PCIe by Vulkan"
    // Numbers of the widest activation that a micro-batch should have.
    virtual int64_t widest_activation() const = 0;
    // Whether it multiplies in bf16; else Precision::bf16 is computed in fp32.
    virtual bool has_bf16() const = 0;

    // What a caller may ask of it instead of asking who it is:
    // The processor. Its kernels (kernels.h) may be called on its tensors directly.
    virtual bool is_host() const = 0;
    // An operation is computed by the thread that calls it, so two threads do twice the work.
    virtual bool computes_on_calling_thread() const = 0;
    // Its tensors are part of the process's memory, of which the system bounds how much there is.
    virtual bool uses_process_memory() const = 0;

    // Uninitialised, 64-byte aligned. Error or std::bad_alloc where there is no such memory.
    virtual std::shared_ptr<float> allocate(int64_t count) const = 0;
    virtual void finish() const = 0;
    // Waits, then copies to ordinary memory: where the host reads a device's memory slowly,
    // this is the fast way.
    virtual void download(int64_t n, const float* from, float* to) const = 0;

    virtual void fill(int64_t n, float value, float* x) const = 0;
    virtual void add_scaled(int64_t n, float alpha, const float* x,
                            GradTarget d) const = 0; // d (+)= alpha x
    virtual void gemm(const Gemm& product, Precision precision) const = 0;

    virtual void map(Map f, int64_t n, const float* x, float c0, float c1, float* y) const = 0;
    virtual void map_grad(Map f, int64_t n, const float* x, const float* y, const float* dy,
                          float c0, float c1, GradTarget dx) const = 0;
    virtual void zip(Zip f, int64_t n, const float* a, const float* b, float* y) const = 0;
    // Of mul and minimum; `second`: of b, else of a.
    virtual void zip_grad(Zip f, bool second, int64_t n, const float* a, const float* b,
                          const float* dy, GradTarget d) const = 0;
    virtual void sum(int64_t n, const float* x, float* y) const = 0; // y = the sum
    virtual void spread(int64_t n, const float* y,
                        GradTarget d) const = 0; // d (+)= y[0], everywhere

    // d[column] += sums over rows. partial: (row_chunks(rows), columns), of the caller.
    virtual void column_sums(int64_t rows, int64_t columns, const float* x, float* partial,
                             GradTarget d) const = 0;
    virtual void layer_norm(int64_t rows, int64_t width, const float* x, const float* gain,
                            const float* bias, float eps, float* y, float* mean,
                            float* rstd) const = 0;
    // partial: (row_chunks(rows), 2, width).
    virtual void layer_norm_grad(int64_t rows, int64_t width, const float* x, const float* gain,
                                 const float* dy, const float* mean, const float* rstd,
                                 GradTarget dx, float* partial, GradTarget dgain,
                                 GradTarget dbias) const = 0;

    // rstd: one a group. x and y may be the same.
    virtual void rms_norm(const RmsNorm& shape, const float* x, const float* gain, float* y,
                          float* rstd) const = 0;
    // Of rows that lie together. partial: (row_chunks(rows), width).
    virtual void rms_norm_grad(int64_t rows, int64_t width, const float* x, const float* gain,
                               const float* dy, const float* rstd, GradTarget dx, float* partial,
                               GradTarget dgain) const = 0;
    // Rows of x are ldx numbers apart, of y ldy. y.data may be x where it is fresh.
    virtual void rotate(const Rotation& by, const float* x, int64_t ldx, GradTarget y,
                        int64_t ldy) const = 0;
    // y (rows, width) = gate sigmoid(gate) up, whose rows are ld numbers apart. y may not overlap.
    virtual void swiglu(int64_t rows, int64_t width, const float* gate, const float* up, int64_t ld,
                        float* y) const = 0;
    virtual void swiglu_grad(int64_t n, const float* gate, const float* up, const float* dy,
                             GradTarget dgate, GradTarget dup) const = 0;

    // y[r] = table[tokens[r]] (+ positions[r mod time], if any)
    virtual void embedding(int64_t rows, int64_t width, const int* tokens, const float* table,
                           const float* positions, int64_t time, float* y) const = 0;
    // table and positions: where they are wanted and fresh, cleared first (their rows).
    virtual void embedding_grad(int64_t rows, int64_t width, const int* tokens, int64_t time,
                                const float* dy, GradTarget table, int64_t table_rows,
                                GradTarget positions, int64_t position_rows) const = 0;
    virtual void gather_rows(int64_t count, int64_t width, const int* rows, const float* x,
                             float* y) const = 0;
    virtual void gather_rows_grad(int64_t count, int64_t width, const int* rows, const float* dy,
                                  GradTarget d, int64_t d_rows) const = 0;

    // y[i] (+)= the rows of x whose numbers are order[first[i]], ..., order[first[i + 1] - 1],
    // added up in this order.
    virtual void sum_lists(int64_t lists, int64_t width, const int* first, const int* order,
                           const float* x, int64_t x_rows, GradTarget y) const = 0;

    // See attention.h.
    virtual void attention(const float* qkv, float* out, float* lse, Attention shape) const = 0;
    virtual void attention_grad(const float* qkv, const float* out, const float* lse,
                                const float* dout, GradTarget dqkv, Attention shape) const = 0;

    // p: the probabilities (rows, classes), kept for backward.
    // loss = sum_r w_r (-log p_r[target_r]) / total; rows of weight 0 are left out.
    virtual void cross_entropy(int64_t rows, int64_t classes, const float* x, const int* targets,
                               const float* weights, double total, float* p, float* row_loss,
                               float* loss) const = 0;
    // dx (+)= dy[0] factor w_r (p_r - onehot(target_r))
    virtual void cross_entropy_grad(int64_t rows, int64_t classes, const float* p,
                                    const int* targets, const float* weights, const float* dy,
                                    float factor, GradTarget dx) const = 0;
    // y[r] = log p_r[target_r];  dx (+)= dy_r (onehot(target_r) - p_r)
    virtual void log_prob(int64_t rows, int64_t classes, const float* x, const int* targets,
                          float* p, float* y) const = 0;
    virtual void log_prob_grad(int64_t rows, int64_t classes, const float* p, const int* targets,
                               const float* dy, GradTarget dx) const = 0;
    // y[r] = entropy of p_r;  dx_rj (+)= -dy_r p_rj (x_rj - lse_r + y_r)
    virtual void entropy(int64_t rows, int64_t classes, const float* x, float* p, float* lse,
                         float* y) const = 0;
    virtual void entropy_grad(int64_t rows, int64_t classes, const float* x, const float* p,
                              const float* lse, const float* y, const float* dy,
                              GradTarget dx) const = 0;
    // off = sigmoid(x) - label; loss = sum_i w_i (softplus(x_i) - label_i x_i) / total
    virtual void binary_cross_entropy(int64_t n, const float* x, const float* labels,
                                      const float* weights, double total, float* off,
                                      float* loss) const = 0;
    // dx (+)= dy[0] factor w_i off_i
    virtual void binary_cross_entropy_grad(int64_t n, const float* off, const float* weights,
                                           const float* dy, float factor, GradTarget dx) const = 0;

    // Decoding. rows_product: as gemm, but each row of C as if it were alone: its bytes do not
    // depend on the number of rows. A is not transposed.
    virtual void rows_product(const Gemm& product) const = 0;
    // The keys and values of new rows (rows, qkv_width) go into their pages.
    virtual void store_pages(const PagedRows& rows, const float* qkv) const = 0;
    // out (rows, width): each row attends to the positions of its sequence up to its own.
    virtual void attend_pages(const PagedRows& rows, const float* qkv, float* out) const = 0;
    // Page to[i] becomes what page from[i] is; of `size` numbers at `memory`.
    virtual void copy_pages(int64_t count, const int* from, const int* to, int64_t page_size,
                            float* memory, int64_t size) const = 0;
    // From logits (rows, vocab), of which the first `classes` of a row may be drawn. Waits.
    virtual void draw_tokens(std::span<TokenDraw> draws, int64_t rows, int64_t vocab,
                             int64_t classes, const float* logits) const = 0;

    // The sum of all squares, in double, in a fixed order. Waits.
    virtual double sum_of_squares(std::span<const std::span<const float>> pieces) const = 0;
    virtual void adamw(int64_t n, float* p, const float* g, float* m, float* v,
                       const AdamWStep& step) const = 0;
};

const Device& cpu_device();

// The device in use: the process's default, on which things are made unless they are given
// another. The processor, unless use_device() said otherwise.
const Device& device();
// Waits for the one that was in use. Call it before threads are at work. By name:
// engine/run/use_device.h.
void use_device(const Device& device);

} // namespace qstar::engine
