// SPDX-License-Identifier: BSL-1.0
//
// What the fuzzing programs share: numbers and text out of the fuzzer's bytes, and a check that is
// a crash to it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

inline void must(bool fact) {
    if (!fact) {
        std::abort();
    }
}

class fuzz_input {
public:
    fuzz_input(const std::uint8_t* data, std::size_t size) : data_{data}, size_{size} {}

    // Four bytes, or what is left of them.
    std::uint32_t number() {
        std::uint32_t value = 0;
        for (int i = 0; i < 4 && size_ != 0; ++i, ++data_, --size_) {
            value = value << 8 | *data_;
        }
        return value;
    }
    [[nodiscard]] std::string_view rest() const {
        return {reinterpret_cast<const char*>(data_), size_};
    }

private:
    const std::uint8_t* data_;
    std::size_t size_;
};
