// SPDX-License-Identifier: BSL-1.0
//
// One thing that firmware must not have, chosen by a macro. What the library would define is here,
// empty, so that the image links without it; noipa keeps the call.
#include <atomic>
#include <cstddef>
#include <cstdint>

volatile std::uint32_t seen;

#if defined(CONTROL_DATA)

volatile std::uint32_t starts_at_five = 5;
void use() { seen = starts_at_five; }

#elif defined(CONTROL_CONSTRUCTOR)

struct counted {
    counted() : value{seen} {}
    std::uint32_t value;
};
counted before_main;
void use() { seen = before_main.value; }

#elif defined(CONTROL_DESTRUCTOR)

extern "C" {
void* __dso_handle = nullptr;
int __aeabi_atexit(void*, void (*)(void*), void*) { return 0; }
}
struct ending {
    ~ending() { seen = 1; }
};
ending after_main;
void use() {}

#elif defined(CONTROL_NEW)

[[gnu::noipa]] void* operator new(std::size_t) {
    static std::uint32_t room;
    return &room;
}
void use() { seen = *static_cast<volatile std::uint32_t*>(::operator new(4)); }

#elif defined(CONTROL_MALLOC)

extern "C" [[gnu::noipa]] void* malloc(std::size_t) {
    static std::uint32_t room;
    return &room;
}
void use() { seen = *static_cast<volatile std::uint32_t*>(malloc(4)); }

#elif defined(CONTROL_VIRTUAL)

extern "C" void __cxa_pure_virtual() { seen = 1; }
struct shape {
    shape() { measure(); }
    void measure() { area(); }
    virtual void area() = 0;
};
struct square : shape {
    void area() override { seen = seen + 1; }
};
void use() {
    square present;
    present.measure();
}

#elif defined(CONTROL_ATOMIC)

// Eight bytes are a call on every one of these cores.
extern "C" [[gnu::noipa]] std::uint64_t __atomic_load_8(const volatile void*, int) { return 1; }
std::atomic<std::uint64_t> wide;
void use() { seen = static_cast<std::uint32_t>(wide.load()); }

#elif defined(CONTROL_COPY)

struct page {
    std::uint32_t words[64];
};
page source;
page target;
void use() {
    target = source;
    seen = target.words[seen % 64];
}

#elif defined(CONTROL_DIVISION)

void use() { seen = static_cast<std::uint32_t>(((std::uint64_t{seen} << 32) + 1) / (seen + 1ULL)); }

#else

std::uint32_t starts_at_zero;
void use() { seen = starts_at_zero; }

#endif

int main() {
    use();
    return 0;
}
