// SPDX-License-Identifier: BSL-1.0
//
// name: what a job is called in a list of jobs. A pointer to text that is there for ever.
//
// A literal becomes a name at compile time. Text that is made at run time has to be wrapped in
// borrowed(), which says at the place of use that the text outlives the job: nothing is copied.
//
// Cost: a pointer and a length. Who may call: anyone.
//
//   jobs.enqueue(work, {.name = "resize"});
//   jobs.enqueue(work, {.name = pawl::borrowed(file_name)});     // file_name outlives the job
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <pawl/config.hpp>

namespace pawl {
inline namespace PAWL_ABI {

class name {
public:
    constexpr name() noexcept = default;

    template <std::size_t Size>
    consteval name(const char (&literal)[Size]) noexcept  // NOLINT: a literal is a name
        : text_{literal}, size_{Size - 1} {}

    // The rest is padding; see shared_value.
    static constexpr std::size_t value_bytes = sizeof(const char*) + sizeof(std::uint32_t);

    [[nodiscard]] constexpr std::string_view view() const noexcept { return {text_, size_}; }
    [[nodiscard]] constexpr bool empty() const noexcept { return size_ == 0; }

    friend constexpr bool operator==(name left, name right) noexcept {
        if (left.size_ != right.size_) {
            return false;
        }
        // No call into a library: names are short, and comparing them is rare.
        for (std::uint32_t i = 0; i < left.size_; ++i) {
            if (left.text_[i] != right.text_[i]) {
                return false;
            }
        }
        return true;
    }

    // REQUIRES: the text stays where it is as long as a job has this name.
    friend constexpr name borrowed(std::string_view text) noexcept {
        name result;
        result.text_ = text.data();
        result.size_ = static_cast<std::uint32_t>(text.size());
        return result;
    }

private:
    const char* text_ = nullptr;
    std::uint32_t size_ = 0;
};

constexpr name borrowed(std::string_view text) noexcept;

}  // namespace PAWL_ABI
}  // namespace pawl
