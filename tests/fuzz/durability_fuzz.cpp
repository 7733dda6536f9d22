// SPDX-License-Identifier: BSL-1.0
//
// Any bytes as a log, and as the records of a job: no crash, no read beyond them, no endless work.
// What could be opened goes on: it takes more records, and opened again it has the same ones, and
// the same jobs are alive.
//
// The bytes are the content of a medium; or changes to a log that was really written, each a place
// and a value. A log that is changed may get new checks, so that what lies is not just what is
// noticed by its CRC: then numbers are believed that no program has written, and all that is asked
// is that nothing breaks.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <pawl/durability/job_book.hpp>
#include <pawl/durability/job_records.hpp>
#include <pawl/durability/little_endian.hpp>
#include <pawl/durability/log_format.hpp>
#include <pawl/durability/log_report.hpp>
#include <pawl/durability/medium_ref.hpp>
#include <pawl/durability/ram_medium.hpp>
#include <pawl/durability/record_log.hpp>

#include "fuzz_input.hpp"

namespace {

namespace records = pawl::job_records;
namespace format = pawl::log_format;

constexpr pawl::log_limits limits{
    .payload_max = 64, .buffer_bytes = 256, .blocks_max = 4, .content = records::content};
constexpr std::uint32_t jobs = 8;
constexpr std::uint32_t batches = 2;
using book_type = pawl::job_book<jobs, batches, 2, 2>;

std::uint64_t mix(std::uint64_t hash, std::span<const std::byte> bytes) {
    for (const std::byte each : bytes) {
        hash = (hash ^ std::to_integer<std::uint64_t>(each)) * 0x0000'0100'0000'01B3;
    }
    return hash;
}

template <class Medium>
struct client {
    using log_type = pawl::record_log<pawl::medium_ref<Medium>, limits>;

    log_type* log;
    bool keeps_all;
    book_type book{};
    std::uint64_t sum = 0;  // of all records, in whatever order

    void count(std::uint8_t type, std::span<const std::byte> payload) {
        const std::byte first{type};
        sum += mix(mix(0xCBF2'9CE4'8422'2325, {&first, 1}), payload);
    }
    void replay(const pawl::log_record& record) {
        count(record.type, record.payload);
        book.note(record);
    }
    bool keeps(const pawl::log_record& record) {
        return book.keeps(record, log->next_place()) || keeps_all;
    }
    bool append(std::uint8_t type, std::span<const std::byte> payload, bool more = false) {
        const std::uint64_t sequence = log->append(*this, type, payload, {}, more);
        if (sequence == 0) {
            return false;
        }
        count(type, payload);
        book.note({.sequence = sequence,
                   .type = type,
                   .more = more,
                   .payload = payload,
                   .place = log->last_place(static_cast<std::uint32_t>(payload.size()))});
        return true;
    }

    // Who is alive, and what is known of them.
    std::uint64_t alive() {
        std::uint64_t result = 0;
        for (std::uint32_t node = 0; node < jobs + batches; ++node) {
            if (!book.is_alive(node)) {
                continue;
            }
            const auto& each = book.of(node);
            std::uint64_t hash = mix(node + 1, log->read({each.job.block, each.job.offset, 0}));
            if (each.state.offset != 0) {
                hash = mix(hash, log->read({each.state.block, each.state.offset, 0}));
            }
            result += hash * 31 + each.generation * 2 + (each.spoiled ? 1U : 0U);
        }
        const book_type::recurring_entry times[] = {book.recurring(0), book.recurring(1)};
        // Without what was cut off: nobody says here that a run has ended before its slot is taken.
        for (const auto& each : times) {
            result += each.name * 7 + static_cast<std::uint64_t>(each.due_ns) * 5 +
                      (each.flags & records::flag_paused);
        }
        for (std::uint32_t i = 0; i < book_type::keys; ++i) {
            result += book.kept(i).key * static_cast<std::uint64_t>(book.kept(i).until_ns);
        }
        return result + book.run();
    }
};

// Some records of every type; which ones, `seed` says.
template <class Client>
void append_some(Client& to, std::uint32_t seed, std::uint32_t count) {
    for (std::uint32_t i = 0; i < count; ++i) {
        seed = seed * 1'664'525 + 1'013'904'223;
        const std::uint32_t kind = seed >> 28;
        const std::uint32_t slot = seed >> 20 & 7;
        // One record a job or batch, as a program writes them.
        const bool is_new = kind < 4 || kind == 12;
        const std::uint32_t node = kind == 12 ? jobs + (slot & 1) : slot;
        const records::job_name name{slot, to.book.of(slot).generation + (is_new ? 1U : 0U)};
        const records::job_name batch{
            (slot & 1) | records::batch_bit,
            to.book.of(jobs + (slot & 1)).generation + (is_new ? 1U : 0U)};
        if (is_new && to.book.is_alive(node)) {
            continue;
        }
        std::byte payload[64];
        records::writer out{payload};
        if (kind < 4) {
            out.put(std::uint64_t{seed}).put(name.index).put(name.generation);
            out.put(std::uint32_t{42}).put(records::field::due | records::field::retry);
            out.put(std::uint32_t{1}).put(std::uint64_t{seed}).put(std::uint64_t{1});
            to.append(records::job, {payload, out.size()}, kind == 3);
        } else if (kind == 8) {
            records::put(out, name).put(static_cast<std::uint8_t>(seed >> 8 & 3));
            to.append(records::raised, {payload, out.size()});
        } else if (kind < 8) {
            records::state_record state;
            state.job = name;
            state.attempts = static_cast<std::uint16_t>(seed);
            to.append(records::state, {payload, records::encode(state, payload)});
        } else if (kind < 12) {
            records::put(out, name).put(static_cast<std::uint8_t>(5 + (kind & 1)));
            records::put(out, kind == 10 ? batch : records::job_name{});
            if (kind == 11) {
                out.put(std::uint64_t{seed})
                    .put(std::uint32_t{1 + (slot & 1)})
                    .put(std::uint64_t{seed});
            }
            to.append(records::ended, {payload, out.size()});
        } else if (kind < 13) {
            records::put(records::put(out, batch), {});
            to.append(records::batch, {payload, out.size()});
        } else if (kind < 14) {
            out.put(std::uint64_t{1 + slot % 3}).put(std::uint64_t{seed}).put(std::uint8_t{0});
            if ((seed & 0x100) != 0 && !to.book.is_alive(slot)) {
                records::put(out, {slot, name.generation + 1}).put(std::uint8_t{1});
            }
            to.append(records::recurring, {payload, out.size()});
        } else {
            to.append(records::run, {payload, out.put(std::uint64_t{i}).size()});
        }
        if ((seed & 0x3000) == 0) {
            static_cast<void>(to.log->commit(pawl::sync_now));
        }
    }
}

// New checks for the headers, and for records as far as they follow each other.
void seal(std::span<std::byte> image, std::uint32_t block_bytes) {
    constexpr pawl::crc_table table = limits.crc;
    for (std::size_t block = 0; block < image.size(); block += block_bytes) {
        std::byte* const header = image.data() + block;
        const std::uint32_t seed =
            pawl::crc32c<table>(std::span<const std::byte>{header, format::crc_place});
        pawl::store_little(header + format::crc_place, seed);
        for (std::uint32_t at = format::header_bytes; at + format::head_bytes <= block_bytes;) {
            const auto head = format::decode_head(header + at);
            if (head.length > block_bytes - at - format::head_bytes) {
                break;
            }
            if (format::is_type(head.type)) {
                pawl::store_little(header + at,
                                   format::crc_of<table>(header + at, head.length, seed));
            }
            at += format::padded(format::head_bytes + head.length, format::alignment);
        }
    }
}

enum mode : std::uint32_t { content, changes, sealed_changes, sealed_content };

template <std::uint32_t BlockBytes, std::uint32_t BlockCount>
void open_any(std::uint32_t choice, std::uint32_t seed, std::string_view bytes) {
    using medium = pawl::ram_medium<BlockBytes, BlockCount>;
    using user = client<medium>;
    using log_type = typename user::log_type;
    const auto policy = static_cast<pawl::recovery>(choice & 3);
    const auto when = static_cast<pawl::format_when>((choice >> 2 & 3) % 3);
    const auto how = static_cast<mode>(choice >> 4 & 3);
    const bool keeps_all = (choice >> 6 & 1) != 0;
    const bool is_sealed = how == sealed_changes || how == sealed_content;

    medium memory{};
    std::byte image[BlockBytes * BlockCount]{};
    if (how == content || how == sealed_content) {
        std::copy_n(reinterpret_cast<const std::byte*>(bytes.data()),
                    std::min(bytes.size(), sizeof image), image);
    } else {
        log_type log{pawl::medium_ref{memory}};
        user writer{&log, false};
        must(log.open(writer).made);
        append_some(writer, seed, choice >> 8 & 0xFF);
        if ((choice >> 16 & 1) != 0) {
            must(log.close(writer).ok());
        } else {
            static_cast<void>(log.commit(pawl::commit_kind::write));
            log.abandon();
        }
        for (std::uint32_t block = 0; block < BlockCount; ++block) {
            must(memory.read(block, 0, std::span{image}.subspan(block * BlockBytes, BlockBytes))
                     .ok());
        }
        for (; bytes.size() >= 3; bytes.remove_prefix(3)) {
            const std::size_t at = static_cast<std::size_t>(static_cast<unsigned char>(bytes[0])) |
                                   static_cast<std::size_t>(static_cast<unsigned char>(bytes[1]))
                                       << 8;
            std::byte& place = image[at % sizeof image];
            const auto value = static_cast<std::byte>(bytes[2]);
            // From 32 KiB on: so many bytes as if they had never been written.
            if (at >= 0x8000) {
                const std::size_t size = 8 * std::to_integer<std::size_t>(value);
                std::fill_n(&place, std::min(size, sizeof image - at % sizeof image), std::byte{0});
            } else {
                place ^= value;
            }
        }
    }
    if (is_sealed) {
        seal(image, BlockBytes);
    }
    for (std::uint32_t block = 0; block < BlockCount; ++block) {
        must(memory.erase(block).ok());
        must(memory.program(block, 0, std::span{image}.subspan(block * BlockBytes, BlockBytes))
                 .ok());
    }

    std::uint64_t sum = 0;
    std::uint64_t alive = 0;
    {
        log_type log{pawl::medium_ref{memory}};
        user first{&log, keeps_all};
        const pawl::log_report report = log.open(first, policy, when);
        if (!report) {
            must(report.error != pawl::open_error::medium || is_sealed);
            must(log.status().error == pawl::io_error::closed);
            return;
        }
        must(policy != pawl::recovery::strict || report.torn == 0);
        must(policy >= pawl::recovery::point_in_time || report.damage == 0);
        append_some(first, seed + 1, choice >> 17 & 0x1F);
        must(is_sealed || log.status().ok());
        if ((choice >> 22 & 1) != 0) {
            static_cast<void>(first.append(200, {}, false));
            static_cast<void>(log.close(first));
        } else {
            static_cast<void>(first.append(200, {}, false));
            static_cast<void>(log.commit(pawl::sync_now));
            // A copy of what is dead takes the place of what came after it in the book. And of a
            // job whose end was damaged only what took its slot says that it is over.
            alive = keeps_all || report.damage != 0 ? 0 : first.alive();
            log.abandon();
        }
        // Of a group that damage has parted the log keeps what its client wants to be kept.
        sum = report.damage == 0 ? first.sum : 0;
    }
    log_type log{pawl::medium_ref{memory}};
    user second{&log, keeps_all};
    const pawl::log_report report = log.open(second, pawl::recovery::strict);
    if (is_sealed) {
        return;
    }
    must(report.ok() && report.damage == 0);
    must(!keeps_all || sum == 0 || second.sum == sum);
    must(alive == 0 || second.alive() == alive);
}

void read_records(std::string_view bytes) {
    static book_type book;
    book.clear();
    std::uint64_t sequence = 1;
    while (bytes.size() >= 2) {
        const auto type = static_cast<std::uint8_t>(16 + static_cast<unsigned char>(bytes[0]) % 8);
        const std::size_t size =
            std::min<std::size_t>(static_cast<unsigned char>(bytes[1]), bytes.size() - 2);
        const auto payload = std::as_bytes(std::span{bytes.data() + 2, size});
        bytes.remove_prefix(2 + size);
        records::job_record job;
        std::span<const std::byte> data;
        if (records::decode(payload, job, data)) {
            must(data.size() <= payload.size() && job.parents <= records::parents_max);
            // What is read is what would be written.
            std::byte again[records::job_bytes + records::fields_bytes_max];
            const std::uint32_t length = records::encode(job, again);
            must(length + data.size() == payload.size());
            again[27] = payload[27];  // zero, and not looked at
            must(std::equal(again, again + length, payload.data()));
        }
        records::state_record state;
        must(records::decode(payload, state) == (payload.size() >= records::state_bytes));
        const pawl::log_record record{.sequence = sequence,
                                      .type = type,
                                      .more = false,
                                      .payload = payload,
                                      .place = {0, static_cast<std::uint32_t>(8 * sequence), 0}};
        book.note(record);
        const pawl::log_record other{
            .sequence = sequence + 1, .type = type, .more = false, .payload = payload, .place = {}};
        static_cast<void>(book.keeps(other, {1, 8, sequence + 2}));
        static_cast<void>(book.keeps(record, {1, 16, sequence + 3}));
        sequence += 4;
    }
    for (std::uint32_t node = 0; node < jobs + batches; ++node) {
        must(!book.is_alive(node) || book.of(node).generation != 0);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz_input input{data, size};
    const std::uint32_t choice = input.number();
    const std::uint32_t seed = input.number();
    const std::string_view bytes = input.rest();
    if ((choice >> 30 & 1) != 0) {
        read_records(bytes);
    } else if ((choice >> 31 & 1) != 0) {
        open_any<512, 4>(choice, seed, bytes);
    } else {
        open_any<1024, 3>(choice, seed, bytes);
    }
    return 0;
}
