// Which devices there are, and the table of the one in use.

#include "engine/vulkan/vulkan.h"

#include "engine/base/error.h"
#include "engine/vulkan/gpu/gpu.h"
#include "engine/vulkan/operations.h"

#include <map>

namespace qstar::engine {

namespace vulkan {

namespace {

struct Opened {
    std::shared_ptr<Instance> instance;
    std::string why; // there is none
    std::map<int, std::shared_ptr<Gpu>> gpus;
    Gpu* current = nullptr;
};

Opened& opened() {
    static Opened all = [] {
        Opened o;
        o.instance = std::make_shared<Instance>();
        if (!o.instance->open(o.why)) o.instance.reset();
        return o;
    }();
    return all;
}

std::vector<Physical> physical_devices() {
    std::vector<Physical> list;
    const Opened& all = opened();
    if (!all.instance) return list;
    for (VkPhysicalDevice device : all.instance->devices()) {
        list.push_back(describe(*all.instance, device));
    }
    return list;
}

int rank_of(const Physical& p) {
    if (!p.info.missing.empty()) return -1;
    switch (p.properties.deviceType) {
    case VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU:
        return 4;
    case VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU:
        return 3;
    case VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU:
        return 2;
    default:
        return 1;
    }
}

// Numbers of the widest activation of a micro-batch: a large GPU wants much work at once, a
// processor's caches little.
int64_t widest_for(const Physical& p) {
    switch (p.properties.deviceType) {
    case VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU:
    case VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU:
        return int64_t{1} << 26;
    case VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU:
        return int64_t{1} << 22;
    default:
        return int64_t{1} << 20;
    }
}

Device table(const Physical& physical) {
    Device t{};
    static std::string name;
    name = physical.info.name + " by Vulkan";
    t.name = name.c_str();
    t.widest = widest_for(physical);
    t.has_bf16 = [] { return bool{gpu().physical().matrix_units}; };
    t.allocate = [](int64_t count) { return gpu().allocate(count); };
    t.finish = [] { gpu().finish(); };
    t.download = [](int64_t n, const float* from, float* to) { gpu().download(n, from, to); };
    t.fill = fill;
    t.add_scaled = add_scaled;
    t.gemm = gemm;
    t.map = map;
    t.map_grad = map_grad;
    t.zip = zip;
    t.zip_grad = zip_grad;
    t.sum = sum;
    t.spread = spread;
    t.column_sums = column_sums;
    t.layer_norm = layer_norm;
    t.layer_norm_grad = layer_norm_grad;
    t.embedding = embedding;
    t.embedding_grad = embedding_grad;
    t.gather_rows = gather_rows;
    t.gather_rows_grad = gather_rows_grad;
    t.sum_lists = sum_lists;
    t.attention = attention;
    t.attention_grad = attention_grad;
    t.cross_entropy = cross_entropy;
    t.cross_entropy_grad = cross_entropy_grad;
    t.log_prob = log_prob;
    t.log_prob_grad = log_prob_grad;
    t.entropy = entropy;
    t.entropy_grad = entropy_grad;
    t.binary_cross_entropy = binary_cross_entropy;
    t.binary_cross_entropy_grad = binary_cross_entropy_grad;
    t.rows_product = rows_product;
    t.store_pages = store_pages;
    t.attend_pages = attend_pages;
    t.copy_pages = copy_pages;
    t.draw_tokens = draw_tokens;
    t.sum_of_squares = sum_of_squares;
    t.adamw = adamw;
    return t;
}

} // namespace

Gpu& gpu() { return *opened().current; }

} // namespace vulkan

const Device& vulkan_device(int index) {
    vulkan::Opened& all = vulkan::opened();
    if (!all.instance) fail("--device vulkan: {}", all.why);
    const std::vector<vulkan::Physical> list = vulkan::physical_devices();
    if (list.empty()) fail("--device vulkan: the Vulkan loader finds no device on this machine");
    int chosen = index;
    if (index < 0) {
        chosen = 0;
        for (size_t i = 1; i < list.size(); ++i) {
            if (vulkan::rank_of(list[i]) > vulkan::rank_of(list[static_cast<size_t>(chosen)])) {
                chosen = static_cast<int>(i);
            }
        }
    }
    if (chosen >= static_cast<int>(list.size())) {
        fail("--device vulkan:{}: the devices of this machine are numbered from 0 to {} (qstar "
             "engine info lists them)",
             chosen, list.size() - 1);
    }
    const vulkan::Physical& physical = list[static_cast<size_t>(chosen)];
    if (!physical.info.missing.empty()) {
        fail("--device vulkan: {} cannot be used: {}", physical.info.name, physical.info.missing);
    }
    auto& gpu = all.gpus[chosen];
    if (!gpu) gpu = std::make_shared<vulkan::Gpu>(all.instance, physical);
    all.current = gpu.get();
    static Device table;
    table = vulkan::table(physical);
    return table;
}

std::vector<VulkanDeviceInfo> vulkan_devices(std::string& why) {
    std::vector<VulkanDeviceInfo> list;
    for (const vulkan::Physical& p : vulkan::physical_devices()) list.push_back(p.info);
    why = vulkan::opened().why;
    if (list.empty() && why.empty()) why = "the Vulkan loader finds no device on this machine";
    return list;
}

int vulkan_messages(std::string& first) {
    const auto& instance = vulkan::opened().instance;
    if (!instance || !instance->validates) return -1;
    const std::lock_guard lock(instance->messages.mutex);
    first = instance->messages.first;
    return instance->messages.count;
}

void vulkan_fetch(int64_t n, const float* from, float* to) { vulkan::gpu().fetch(n, from, to); }

} // namespace qstar::engine
