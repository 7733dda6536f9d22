// SPDX-License-Identifier: BSL-1.0
//
// What a journal writes about jobs, as bytes.
//
// Goal: every field comes back as it was, in its place; what is cut short or not known is refused,
// and never read as something else.
// Method: round trips of each field alone, of every pair and of all; every length that is too
// short; the bytes of one record, by hand. That the format stays is golden_test.cpp's.
#include "catch.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <pawl/durability/job_records.hpp>
#include <pawl/execution/when.hpp>
#include <pawl/jobs/job_id.hpp>
#include <pawl/jobs/job_state.hpp>

#include "golden/workload.hpp"

namespace {

namespace records = pawl::job_records;
namespace field = records::field;

constexpr std::uint32_t fields = 13;
static_assert(field::all == (1U << fields) - 1);

// What a record with these fields is read as: the others have their defaults.
records::job_record only(std::uint32_t which) {
    const records::job_record all = golden::full_job();
    records::job_record job;
    job.id = all.id;
    job.job = all.job;
    job.type = all.type;
    job.version = all.version;
    job.flags = all.flags;
    job.band = all.band;
    job.fields = which;
    const auto take = [&](std::uint32_t bit, auto... members) {
        if (job.has(bit)) {
            ((job.*members = all.*members), ...);
        }
    };
    using r = records::job_record;
    take(field::due, &r::due_ns);
    take(field::retry, &r::retry);
    take(field::queue, &r::queue);
    take(field::batch, &r::batch);
    take(field::parents, &r::parents, &r::condition, &r::parent);
    take(field::key, &r::key, &r::key_bits);
    take(field::unique, &r::unique, &r::unique_until, &r::conflict);
    take(field::unique_for, &r::key_until_ns);
    take(field::limiter, &r::limiter);
    take(field::deadline, &r::deadline_ns, &r::late);
    take(field::run_at_most, &r::run_at_most_ns);
    take(field::retry_for, &r::retry_for_ns);
    take(field::delay, &r::delay_ns);
    return job;
}

std::vector<std::byte> bytes_of(const records::job_record& job) {
    std::vector<std::byte> bytes(records::job_bytes + records::fields_bytes_max);
    bytes.resize(records::encode(job, bytes.data()));
    return bytes;
}

bool comes_back(std::uint32_t which, std::size_t data_size) {
    const records::job_record job = only(which);
    std::vector<std::byte> bytes = bytes_of(job);
    const std::size_t head = bytes.size();
    for (std::size_t i = 0; i < data_size; ++i) {
        bytes.push_back(static_cast<std::byte>(0xE0 + i));
    }
    records::job_record read;
    std::span<const std::byte> data;
    return records::decode(bytes, read, data) && golden::same(read, job) &&
           data.size() == data_size && data.data() == bytes.data() + head;
}

}  // namespace

TEST_CASE("job records: every set of fields comes back, with the data behind it") {
    for (std::uint32_t which = 0; which <= field::all; ++which) {
        if (!comes_back(which, which % 5)) {
            INFO("fields " << which);
            REQUIRE(comes_back(which, which % 5));
        }
    }
}

TEST_CASE("job records: the most that fields take is what the constant says") {
    REQUIRE(bytes_of(golden::full_job()).size() == records::job_bytes + records::fields_bytes_max);
    REQUIRE(bytes_of(only(0)).size() == records::job_bytes);
}

TEST_CASE("job records: each number of parents") {
    for (std::uint8_t count = 0; count <= records::parents_max; ++count) {
        records::job_record job = only(field::parents | field::delay);
        job.parents = count;
        std::fill(job.parent.begin() + count, job.parent.end(), records::job_name{});
        const std::vector<std::byte> bytes = bytes_of(job);
        REQUIRE(bytes.size() == records::job_bytes + 2U + 8U * count + 8U);
        records::job_record read;
        std::span<const std::byte> data;
        REQUIRE(records::decode(bytes, read, data));
        REQUIRE(golden::same(read, job));
        REQUIRE(data.empty());
    }
}

TEST_CASE("job records: a job that is cut short is none") {
    for (std::uint32_t bit = 0; bit <= fields; ++bit) {
        const std::uint32_t which = bit == fields ? field::all : 1U << bit;
        const std::vector<std::byte> bytes = bytes_of(only(which));
        for (std::size_t size = 0; size < bytes.size(); ++size) {
            records::job_record read;
            std::span<const std::byte> data;
            INFO("fields " << which << ", " << size << " bytes");
            REQUIRE_FALSE(records::decode(std::span{bytes}.first(size), read, data));
        }
    }
}

TEST_CASE("job records: fields and parents that this version does not know are refused") {
    std::vector<std::byte> bytes = bytes_of(only(0));
    bytes.resize(bytes.size() + 64);
    records::job_record read;
    std::span<const std::byte> data;
    REQUIRE(records::decode(bytes, read, data));
    for (std::uint32_t bit = fields; bit < 32; ++bit) {
        pawl::store_little(bytes.data() + 20, std::uint32_t{1} << bit);
        INFO("field " << bit);
        REQUIRE_FALSE(records::decode(bytes, read, data));
    }
    std::vector<std::byte> many = bytes_of(only(field::parents));
    many.resize(many.size() + 8 * 256);
    for (unsigned count = records::parents_max + 1; count < 256; ++count) {
        many[records::job_bytes] = static_cast<std::byte>(count);
        INFO(count << " parents");
        REQUIRE_FALSE(records::decode(many, read, data));
    }
}

TEST_CASE("job records: a state comes back, and none that is cut short") {
    std::array<std::byte, records::state_bytes> bytes{};
    REQUIRE(records::encode(golden::full_state(), bytes.data()) == records::state_bytes);
    records::state_record read;
    REQUIRE(records::decode(bytes, read));
    REQUIRE(golden::same(read, golden::full_state()));
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        REQUIRE_FALSE(records::decode(std::span{bytes}.first(size), read));
    }
    // By hand, as the header says.
    constexpr std::array<std::uint8_t, records::state_bytes> wanted{
        3, 0, 0, 0, 0x0D, 0x0C, 0x0B, 0x0A, 4,    2,    4,    3,
        8, 7, 6, 5, 0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11};
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        INFO("byte " << i);
        REQUIRE(std::to_integer<unsigned>(bytes[i]) == wanted[i]);
    }
}

TEST_CASE("job records: the text behind a state") {
    std::byte payload[records::state_bytes + 3] = {};
    records::state_record found;
    REQUIRE(records::decode(payload, found));
    REQUIRE(records::text_of(payload).size() == 3);
    REQUIRE(records::text_of(payload).data() == payload + records::state_bytes);
    REQUIRE(records::text_of(std::span{payload}.first(records::state_bytes)).empty());
    REQUIRE(records::text_of(std::span{payload}.first(5)).empty());
}

TEST_CASE("job records: a recurring job comes back, and older ones end before its latest run") {
    const records::recurring_record said{
        .name = 0x0102'0304'0506'0708, .due_ns = -5, .flags = 3, .run = {7, 9}, .recoveries = 11};
    std::byte payload[records::recurring_bytes];
    REQUIRE(records::encode(said, payload) == records::recurring_bytes);
    for (std::size_t size = 0; size <= sizeof payload; ++size) {
        CAPTURE(size);
        records::recurring_record found;
        const bool good = records::decode(std::span{payload}.first(size), found);
        REQUIRE(good == (size == 17 || size == sizeof payload));
        if (good) {
            REQUIRE(found.name == said.name);
            REQUIRE(found.due_ns == said.due_ns);
            REQUIRE(found.flags == said.flags);
            const bool whole = size != 17;
            REQUIRE(found.run == (whole ? said.run : records::job_name{}));
            REQUIRE(found.recoveries == (whole ? 11 : 0));
        }
    }
}

TEST_CASE("job records: a reader that has come to the end stays there") {
    const std::array<std::byte, 3> bytes{std::byte{1}, std::byte{2}, std::byte{3}};
    records::reader in{bytes};
    REQUIRE(in.get<std::uint16_t>() == 0x0201);
    REQUIRE(in.ok());
    REQUIRE(in.get<std::uint32_t>() == 0);
    REQUIRE_FALSE(in.ok());
    REQUIRE(in.get<std::uint8_t>() == 0);  // though a byte had been left
    REQUIRE(in.rest().empty());
    REQUIRE(in.get_name() == records::job_name{});
    REQUIRE_FALSE(in.ok());
}

TEST_CASE("job records: names are of jobs below a number of them, and of batches above") {
    constexpr std::uint32_t jobs = 10;
    constexpr std::uint32_t nodes = 13;
    for (std::uint32_t node = 0; node < nodes; ++node) {
        const records::job_name name = records::name_of({node, 7}, jobs);
        REQUIRE(((name.index & records::batch_bit) != 0) == (node >= jobs));
        REQUIRE(name.generation == 7);
        REQUIRE(records::node_of(name, jobs, nodes) == node);
    }
    // A program with more of them wrote these.
    for (const std::uint32_t index :
         {jobs, nodes, 3 | records::batch_bit, 0x7FFF'FFFFU, 0xFFFF'FFFFU}) {
        INFO("slot " << index);
        REQUIRE(records::node_of({index, 7}, jobs, nodes) == nodes);
    }
}
