#include "engine/base/dynamic_library.h"

#include "engine/base/error.h"

#include <dlfcn.h>

namespace qstar::engine {

DynamicLibrary::DynamicLibrary(const char* name, std::initializer_list<const char*> files,
                               Symbols symbols)
    : name_(name) {
    const int flags = RTLD_NOW | (symbols == Symbols::shared ? RTLD_GLOBAL : RTLD_LOCAL);
    for (const char* file : files) {
        handle_ = dlopen(file, flags);
        if (here()) return;
        if (const char* said = dlerror(); said != nullptr) why_ = said;
    }
}

void* DynamicLibrary::find(const char* symbol) const {
    return here() ? dlsym(handle_, symbol) : nullptr;
}

void* DynamicLibrary::get(const char* symbol) const {
    void* const found = find(symbol);
    if (found == nullptr) fail("{}: the library has no {}", name_, symbol);
    return found;
}

} // namespace qstar::engine
