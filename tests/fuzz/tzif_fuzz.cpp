// SPDX-License-Identifier: BSL-1.0
//
// Any bytes as a compiled zone file: no crash, no read beyond them, no endless search.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <pawl/time/cron.hpp>
#include <pawl/time/tzif.hpp>

#include "fuzz_input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace pawl::literals;
    using std::chrono::seconds;
    fuzz_input input{data, size};
    const std::chrono::sys_seconds time{seconds{std::int64_t{input.number()}}};
    const std::string_view bytes = input.rest();
    const auto zone = pawl::tzif::parse(std::as_bytes(std::span{bytes.data(), bytes.size()}));
    if (!zone) {
        must(zone.error().position <= bytes.size());
        return 0;
    }
    const seconds offset = zone->offset_at(time);
    const pawl::local_info info = zone->info(pawl::local_seconds{time.time_since_epoch() + offset});
    must(info.kind != pawl::local_kind::gap);
    const auto next = "30 2 * * *"_cron.next(time, *zone);
    must(!next || *next > time);
    const auto prev = "*/5 * * * *"_cron.prev(time, *zone);
    must(!prev || *prev < time);
    return 0;
}
