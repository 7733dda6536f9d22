// SPDX-License-Identifier: BSL-1.0
//
// Looks into the log of a journal: what is in it, whether it is whole, and what can be saved of it.
//
//   wal_inspect dump FILE [TYPE...]   its blocks and records as lines; TYPE: names of jobs
//   wal_inspect verify FILE           what opening it would find. Ends with 0: clean, or the end of
//                                     a write that was cut; 1: damage; 2: it cannot be read
//   wal_inspect repair FILE OUT       what can be saved, as a log of its own; 2: nothing could
//
// FILE is read into memory and never written; it should not be in use. Its geometry is taken from
// the first header in it that is good.
#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <pawl/durability/crc32c.hpp>
#include <pawl/durability/job_book.hpp>
#include <pawl/durability/job_records.hpp>
#include <pawl/durability/journal_medium.hpp>
#include <pawl/durability/little_endian.hpp>
#include <pawl/durability/log_format.hpp>
#include <pawl/durability/log_reader.hpp>
#include <pawl/durability/log_report.hpp>
#include <pawl/durability/medium_ref.hpp>
#include <pawl/durability/record_log.hpp>

#include "copy_medium.hpp"
#include "record_lines.hpp"

namespace {

// ---- Limits that suit a log ---------------------------------------------------------------------

template <std::uint32_t Payload>
constexpr pawl::log_limits limits{.payload_max = Payload,
                                  .buffer_bytes = 128 * 1024,
                                  .blocks_max = 16 * 1024,
                                  .crc = pawl::crc_table::slicing_by_8,
                                  .content = records::content};
using medium = pawl::medium_ref<copy_medium>;

// Calls with limits for the longest records that blocks of this log have room for: what a program
// says is the longest has to fit into a block, whatever a log's records are.
template <std::uint32_t Payload = 0xFFFF, class Call>
int with_limits(copy_medium& file, Call&& call) {
    const auto reader = std::make_unique<pawl::log_reader<medium, limits<Payload>>>(medium{file});
    if (!reader->begin()) {
        if constexpr (Payload > 64) {
            return with_limits<Payload / 2 + Payload % 2>(file, call);
        }
    }
    return call(*reader, std::integral_constant<std::uint32_t, Payload>{});
}

// ---- What it does ------------------------------------------------------------------------------

int dump(copy_medium& file, std::span<char*> types) {
    return with_limits(file, [&](auto& reader, auto) {
        const pawl::medium_geometry shape = file.geometry();
        std::printf("%u blocks of %u bytes, write unit %u\n", shape.block_count, shape.block_bytes,
                    shape.write_unit);
        std::vector<std::pair<pawl::log_format::block_header, std::uint32_t>> blocks;
        for (std::uint32_t block = 0; block < shape.block_count; ++block) {
            pawl::log_format::block_header header;
            if (reader.read_header(block, header)) {
                blocks.emplace_back(header, block);
            } else if (reader.torn_bytes(block, 0) != 0) {
                std::printf("block at %llu: no header\n", ull{block} * shape.block_bytes);
            }
        }
        std::sort(blocks.begin(), blocks.end(),
                  [](auto& one, auto& other) { return one.first.number < other.first.number; });
        const auto print_record = [&](const pawl::log_record& record) {
            std::printf("  %llu at %llu, %zu bytes%s: ", ull{record.sequence},
                        ull{record.place.offset_in(shape.block_bytes)}, record.payload.size(),
                        record.more ? ", with the next" : "");
            if (record.type == pawl::log_format::ready && record.payload.size() == 8) {
                std::printf("ready, blocks up to %llu are void\n",
                            ull{pawl::load_little<std::uint64_t>(record.payload.data())});
            } else if (record.type < pawl::log_format::user_first) {
                std::printf("%s\n", record.type == pawl::log_format::mark ? "mark" : "unknown");
            } else if (file.found.content == records::content) {
                print_payload(record, types);
            } else {
                std::printf("type %u\n", record.type);
            }
        };
        for (std::size_t i = 0; i < blocks.size(); ++i) {
            const auto& [header, block] = blocks[i];
            std::printf("block %llu at %llu: from sequence %llu, behind block %llu\n",
                        ull{header.number}, ull{block} * shape.block_bytes,
                        ull{header.first_sequence}, ull{header.previous});
            // Where the next one says that it ends, what stands behind was torn.
            const bool has_end =
                i + 1 < blocks.size() && blocks[i + 1].first.previous == header.number;
            const std::uint64_t stop = has_end ? blocks[i + 1].first.previous_end : 0;
            auto at = reader.each_record(block, header, stop, print_record);
            while (stop == 0 || at.sequence < stop) {
                const auto next = reader.find_later(block, header.crc, at, false);
                if (next.at.how != std::remove_cvref_t<decltype(reader)>::ending::reached) {
                    break;
                }
                std::printf("  %llu at %llu: no record, to %llu\n", ull{at.sequence},
                            ull{block} * shape.block_bytes + at.offset, ull{next.at.sequence - 1});
                at = reader.each_record_from(next.at, block, header.crc, stop, print_record);
            }
            if (stop != 0 && at.sequence < stop) {
                std::printf("  %llu at %llu: no record, to %llu\n", ull{at.sequence},
                            ull{block} * shape.block_bytes + at.offset, ull{stop - 1});
            }
            if (const std::uint32_t torn = reader.torn_bytes(block, at.offset); torn != 0) {
                std::printf("  %u bytes at %llu that do not count\n", torn,
                            ull{block} * shape.block_bytes + at.offset);
            }
        }
        return 0;
    });
}

// ---- Opening ------------------------------------------------------------------------------------

// Keeps of a log of jobs what a program would keep; of another log all.
struct saver {
    using book_type = pawl::job_book<1U << 16, 1U << 12, 1U << 10>;
    std::unique_ptr<book_type> book;
    pawl::log_place (*next)(const void*) = nullptr;  // where the log would put a copy
    const void* log = nullptr;

    void replay(const pawl::log_record& record) {
        if (book) {
            book->note(record);
        }
    }
    bool keeps(const pawl::log_record& record) { return !book || book->keeps(record, next(log)); }
};

template <class Log>
pawl::log_report open(Log& log, saver& client, const copy_medium& file) {
    if (file.found.content == records::content) {
        client.book = std::make_unique<saver::book_type>();
    }
    client.log = &log;
    client.next = [](const void* of) { return static_cast<const Log*>(of)->next_place(); };
    return log.open(client, pawl::recovery::salvage);
}

void print(const pawl::log_report& report, const copy_medium& file) {
    std::printf("blocks that count %u, records %llu, torn bytes %llu, damage %llu\n", report.blocks,
                ull{report.records}, ull{report.torn}, ull{report.damage});
    std::printf("%s at %llu, sequence %llu\n",
                !report              ? pawl::describe(report.error)
                : report.damage != 0 ? "damaged"
                : report.torn != 0   ? "ends in a torn write"
                                     : "clean, ends",
                ull{report.place.offset_in(file.found.block_bytes)}, ull{report.place.sequence});
}

int verify(copy_medium& file) {
    return with_limits(file, [&](auto&, auto payload) {
        const auto log =
            std::make_unique<pawl::record_log<medium, limits<payload()>>>(medium{file});
        saver client;
        const pawl::log_report report = open(*log, client, file);
        print(report, file);
        if (file.cut != 0) {
            std::printf("the file is %zu bytes shorter than its blocks\n", file.cut);
        }
        return report.damage != 0 || report.error == pawl::open_error::damaged ? 1
               : !report                                                       ? 2
                                                                               : 0;
    });
}

int repair(copy_medium& file, const char* to) {
    if (file.found.content != records::content) {
        // Which of its records still count, only who wrote them can tell.
        std::fprintf(stderr, "the log is none of a journal's, %s is not made\n", to);
        return 2;
    }
    return with_limits(file, [&](auto&, auto payload) {
        const auto log =
            std::make_unique<pawl::record_log<medium, limits<payload()>>>(medium{file});
        saver client;
        const pawl::log_report report = open(*log, client, file);
        print(report, file);
        if (!report || !log->close(client) || (client.book && client.book->beyond() != 0)) {
            std::fprintf(stderr, "nothing can be saved, %s is not made\n", to);
            return 2;
        }
        std::FILE* const out = std::fopen(to, "wbx");  // x: never over another one
        bool good = out != nullptr;
        good =
            good && std::fwrite(file.bytes.data(), 1, file.bytes.size(), out) == file.bytes.size();
        if ((out != nullptr && std::fclose(out) != 0) || !good) {
            std::fprintf(stderr, "%s: %s\n", to, std::strerror(errno));
            return 2;
        }
        std::printf("saved to %s\n", to);
        return 0;
    });
}

// Reads it; an error in words, or null.
const char* load(const char* path, copy_medium& into) {
    std::FILE* const file = std::fopen(path, "rb");
    if (file == nullptr) {
        return std::strerror(errno);
    }
    std::byte piece[64 * 1024];
    std::size_t got = 0;
    while ((got = std::fread(piece, 1, sizeof piece, file)) != 0) {
        into.bytes.insert(into.bytes.end(), piece, piece + got);
    }
    const int failed = std::ferror(file) != 0 ? errno : 0;
    static_cast<void>(std::fclose(file));
    return failed != 0            ? std::strerror(failed)
           : into.bytes.empty()   ? "it is empty"
           : into.find_geometry() ? nullptr
                                  : "it is no log, or no header of it is whole";
}

}  // namespace

int main(int count, char** arguments) {
    const std::string command = count > 1 ? arguments[1] : "";
    const bool known = (command == "dump" && count >= 3) || (command == "verify" && count == 3) ||
                       (command == "repair" && count == 4);
    if (!known) {
        std::fprintf(stderr, "wal_inspect dump FILE [TYPE...] | verify FILE | repair FILE OUT\n");
        return 2;
    }
    copy_medium file;
    if (const char* const error = load(arguments[2], file); error != nullptr) {
        std::fprintf(stderr, "%s: %s\n", arguments[2], error);
        return 2;
    }
    return command == "dump"     ? dump(file, std::span{arguments, arguments + count}.subspan(3))
           : command == "verify" ? verify(file)
                                 : repair(file, arguments[3]);
}
