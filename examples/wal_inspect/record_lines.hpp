// SPDX-License-Identifier: BSL-1.0
//
// Records of a log of jobs as lines. What they mean is said in job_records.hpp.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <span>
#include <string>

#include <pawl/containers/hash.hpp>
#include <pawl/durability/job_records.hpp>
#include <pawl/durability/log_reader.hpp>
#include <pawl/jobs/job_state.hpp>

namespace records = pawl::job_records;
using ull = unsigned long long;

inline void print(records::job_name name) {
    std::printf(" %s%u.%u", (name.index & records::batch_bit) != 0 ? "batch " : "",
                name.index & ~records::batch_bit, name.generation);
}

inline void print_job(std::span<const std::byte> payload, std::span<char*> types) {
    namespace field = records::field;
    records::job_record job;
    std::span<const std::byte> data;
    if (!records::decode(payload, job, data)) {
        std::printf(" of another version");
        return;
    }
    print(job.job);
    const auto named = std::find_if(types.begin(), types.end(), [&](const char* type) {
        return pawl::fnv_1a(type) == job.type;
    });
    std::printf(" id %llu type %s%08x version %u", ull{job.id},
                named == types.end() ? "" : (std::string{*named} + " ").c_str(), job.type,
                job.version);
    if (job.has(field::batch)) {
        std::printf(" in");
        print(job.batch);
    }
    if (job.has(field::parents)) {
        std::printf(" behind (when %u)", static_cast<unsigned>(job.condition));
        for (std::uint32_t i = 0; i < job.parents; ++i) {
            print(job.parent[i]);
        }
    }
    const auto ns = [](std::int64_t value) { return std::to_string(value); };
    const auto hash = [](auto value) {
        char digits[20];
        std::snprintf(digits, sizeof digits, "%llx", ull{value});
        return std::string{digits};
    };
    const struct {
        std::uint32_t field;
        const char* name;
        std::string value;
    } others[] = {{field::due, "due_ns", ns(job.due_ns)},
                  {field::retry, "retry", hash(job.retry)},
                  {field::queue, "queue", hash(job.queue)},
                  {field::key, "key", hash(job.key)},
                  {field::unique, "unique", hash(job.unique)},
                  {field::unique_for, "unique_until_ns", ns(job.key_until_ns)},
                  {field::limiter, "limiter", hash(job.limiter)},
                  {field::deadline, "deadline_ns", ns(job.deadline_ns)},
                  {field::run_at_most, "run_at_most_ns", ns(job.run_at_most_ns)},
                  {field::retry_for, "retry_for_ns", ns(job.retry_for_ns)},
                  {field::delay, "delay_ns", ns(job.delay_ns)}};
    for (const auto& each : others) {
        if (job.has(each.field)) {
            std::printf(" %s %s", each.name, each.value.c_str());
        }
    }
    std::printf(" data %zu%s", data.size(),
                (job.flags & records::flag_big_endian) != 0 ? " big-endian" : "");
}

inline void print_payload(const pawl::log_record& record, std::span<char*> types) {
    records::reader in{record.payload};
    const auto state = [&] {
        const auto byte = in.get<std::uint8_t>();
        return std::string{pawl::to_string(
                   static_cast<pawl::job_state>(byte & ~unsigned{records::state_moved}))} +
               ((byte & records::state_moved) != 0 ? ", moved" : "");
    };
    switch (record.type) {
        case records::job:
            std::printf("job");
            print_job(record.payload, types);
            break;
        case records::state: {
            std::printf("state");
            print(in.get_name());
            std::printf(" %s", state().c_str());
            const unsigned recoveries = in.get<std::uint8_t>();
            const unsigned attempts = in.get<std::uint16_t>();
            const unsigned cursor = in.get<std::uint32_t>();
            std::printf(" attempts %u recoveries %u cursor %u due_ns %lld", attempts, recoveries,
                        cursor, static_cast<long long>(in.get_signed()));
            if (const auto text = records::text_of(record.payload); !text.empty()) {
                std::printf(" \"");
                for (const std::byte each : text) {
                    const char letter = static_cast<char>(each);
                    std::printf("%c", letter >= ' ' && letter <= '~' ? letter : '?');
                }
                std::printf("\"");
            }
            break;
        }
        case records::ended: {
            std::printf("ended");
            print(in.get_name());
            std::printf(" %s", state().c_str());
            if (const records::job_name batch = in.get_name(); batch != records::job_name{}) {
                std::printf(" in");
                print(batch);
            }
            if (!in.rest().empty()) {
                in.get<std::uint64_t>();
                const auto key = in.get<std::uint32_t>();
                std::printf(" unique %x unique_until_ns %lld", key,
                            static_cast<long long>(in.get_signed()));
            }
            break;
        }
        case records::batch:
            std::printf("batch");
            print(in.get_name());
            if (const records::job_name outer = in.get_name(); outer != records::job_name{}) {
                std::printf(" in");
                print(outer);
            }
            break;
        case records::recurring: {
            records::recurring_record entry;
            const bool whole = records::decode(record.payload, entry);
            std::printf("recurring %016llx due_ns %lld%s%s", ull{entry.name},
                        static_cast<long long>(entry.due_ns),
                        (entry.flags & records::flag_paused) != 0 ? " paused" : "",
                        (entry.flags & records::flag_cut_off) != 0 ? " cut off" : "");
            if (entry.run != records::job_name{}) {
                std::printf(" run");
                print(entry.run);
                std::printf(" recoveries %u", unsigned{entry.recoveries});
            }
            std::printf("%s\n", whole ? "" : " (cut short)");
            return;
        }
        case records::requeued: {
            std::printf("requeued");
            print(in.get_name());
            const unsigned now = in.get<std::uint32_t>();
            std::printf(" now of generation %u attempts %u", now,
                        unsigned{in.get<std::uint16_t>()});
            break;
        }
        case records::raised:
            std::printf("raised");
            print(in.get_name());
            std::printf(" to band %u", unsigned{in.get<std::uint8_t>()});
            break;
        case records::run: std::printf("run %llu", ull{in.get<std::uint64_t>()}); break;
        default: std::printf("type %u", record.type); break;
    }
    std::printf("%s\n", in.ok() ? "" : " (cut short)");
}
