#pragma once
// A library that is loaded when it is asked for, so that a program that never asks starts without
// it. It is never closed: what it has registered may not outlive it. Thread-safe.

#include <initializer_list>
#include <string>

namespace qstar::engine {

class DynamicLibrary {
  public:
    // Who sees its symbols: those who ask here, or every library of the program.
    enum class Symbols { own, shared };

    // Loads the first of these files that there is; `name` is what errors call it.
    DynamicLibrary(const char* name, std::initializer_list<const char*> files,
                   Symbols symbols = Symbols::own);

    bool here() const { return handle_ != nullptr; }
    const std::string& why() const { return why_; } // none could be loaded

    // Of the library, or of those that it brings along; null if there is none of that name.
    void* find(const char* symbol) const;
    void* get(const char* symbol) const; // Error if there is none
    // `function = library.get(function, "name")`: the header says what it takes.
    template <class Function>
    Function* get(Function*, const char* symbol) const {
        return reinterpret_cast<Function*>(get(symbol));
    }

  private:
    const char* name_;
    std::string why_;
    void* handle_ = nullptr;
};

} // namespace qstar::engine
