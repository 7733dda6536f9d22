// SPDX-License-Identifier: BSL-1.0
//
// part: journal
//
// The check sum of a record, by the processor's instruction and by each table. Goal: 128 bytes by
// instruction in 1.3 times its limit, which is sixteen instructions that wait for each other (as
// long as sixteen multiplications: three cycles each), so that a record of 112 bytes is encoded in
// 30 ns; by the largest table in six times that.
// Method: records of one length that lie in the nearest cache, as the tables then do; the CRC of
// each is the seed of the next, so that none begins before the one ahead of it is done. Without
// peers: what others have of it is inside of their libraries.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <pawl/durability/crc32c.hpp>

#include "../harness.hpp"
#include "multiplications.hpp"

namespace {

using pawl::crc32c;
using pawl::crc32c_software;
using pawl::crc_table;

class records {
public:
    explicit records(std::size_t length) : length_{length}, bytes_(length * count) {
        bench::random_numbers next;
        for (std::byte& each : bytes_) {
            each = static_cast<std::byte>(next.below(256));
        }
        last_crc_ = chain(crc32c_software<crc_table::none>);
    }

    // A form, as a function object: the compiler sees which one it is, as in a program.
    template <class Form>
    [[nodiscard]] bench::lap each_with(Form crc) const {
        return [this, crc](bench::stopwatch& watch) -> std::uint64_t {
            watch.start();
            const std::uint32_t last = chain(crc);
            watch.stop();
            bench::check(last == last_crc_, "two forms of one CRC differ");
            return count;
        };
    }

private:
    static constexpr std::size_t count = 32;

    template <class Form>
    std::uint32_t chain(Form crc) const {
        std::uint32_t seed = 0;
        for (std::size_t i = 0; i < count; ++i) {
            seed = crc(std::span{bytes_}.subspan(i * length_, length_), seed);
            bench::keep(seed);
        }
        return seed;
    }

    std::size_t length_;
    std::vector<std::byte> bytes_;
    std::uint32_t last_crc_ = 0;
};

template <crc_table Table>
void add_table(bench::contest& row, const records& all, const std::string& name,
               const char* table) {
    row.also(name + table);
    row.ours(all.each_with(
        [](auto bytes, std::uint32_t seed) { return crc32c_software<Table>(bytes, seed); }));
}

void add_rows(bench::report& report, std::size_t length) {
    const bool usual = length == 128;
    const records all{length};
    const std::string name = "crc32c " + std::to_string(length) + " bytes, ";
    bench::contest row{report,
                       name + (pawl::crc32c_by_hardware() ? "by instruction" : "no instruction")};
    row.ours(all.each_with([](auto bytes, std::uint32_t seed) { return crc32c(bytes, seed); }));
    if (usual && pawl::crc32c_by_hardware()) {
        row.target_floor(bench::multiplications, 1.3);
    }
    add_table<crc_table::slicing_by_8>(row, all, name, "table of 8 KiB");
    if (usual) {
        row.target_floor(bench::multiplications, 6);
        add_table<crc_table::byte>(row, all, name, "table of 1 KiB");
        add_table<crc_table::nibble>(row, all, name, "table of 64 bytes");
        add_table<crc_table::none>(row, all, name, "no table");
        bench::add_multiplications(row);
    }
    row.run();
}

}  // namespace

int main(int argc, char** argv) {
    bench::report report{"journal", argc, argv};
    add_rows(report, 16);
    add_rows(report, 128);
    add_rows(report, 300);
    return bench::finish(report);
}
