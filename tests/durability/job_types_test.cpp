// SPDX-License-Identifier: BSL-1.0
//
// job_types: durable jobs as bytes, and jobs again.
//
// Goal: a job comes back with its data and as its own type, once; what cannot be read is refused
// for the reason that holds, whatever the bytes are, and makes no job; the names' numbers and the
// bytes stay what they are for ever. Method: fixtures in hex; data of every length as a copy that
// ends where its memory ends, so that AddressSanitizer sees a byte too many; a class in three
// versions of a program; a visitor that notes what it got; objects that count themselves. What
// must not compile: tests/compile_fail/durability.
#include "catch.hpp"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <pawl/durability/byte_codec.hpp>
#include <pawl/durability/job_types.hpp>
#include <pawl/jobs/job_context.hpp>
#include <pawl/jobs/outcome.hpp>

namespace {

using pawl::byte_reader;
using pawl::byte_writer;
using pawl::decode_error;
using bytes = std::vector<std::byte>;

constexpr std::endian other_order =
    std::endian::native == std::endian::little ? std::endian::big : std::endian::little;

template <class... Numbers>
bytes hex(Numbers... numbers) {
    return {static_cast<std::byte>(numbers)...};
}

// ---- Jobs ---------------------------------------------------------------------------------------

struct send_mail {  // plain
    static constexpr std::string_view job_type = "send_mail";
    std::uint32_t user;
    std::uint16_t kind[2];

    void operator()(pawl::job_context&) const {}
    friend bool operator==(const send_mail&, const send_mail&) = default;
};

class resize_image {  // plain, of a later version, and only made with its arguments
public:
    static constexpr const char* job_type = "resize_image";
    static constexpr std::uint8_t job_version = 3;

    explicit resize_image(std::uint64_t image) noexcept : image_{image} {}
    pawl::outcome operator()() { return pawl::outcome::success(); }
    std::uint64_t image() const { return image_; }

private:
    std::uint64_t image_;
};

struct alignas(32) sample {  // plain, with gaps, aligned more than anything else
    static constexpr std::string_view job_type = "sample";
    std::uint8_t channel;
    float value;
    std::uint16_t flags;

    void operator()() {}
};

struct clean_up final {  // no data
    static constexpr std::string_view job_type = "clean_up";
    void operator()() const {}
};

struct blink {  // a byte has no order
    static constexpr std::string_view job_type = "blink";
    std::uint8_t times;
    void operator()() const {}
};

// In the third version of a program; its codec reads what the first two have written.
struct send_letter {
    static constexpr std::string_view job_type = "send_letter";
    static constexpr std::uint8_t job_version = 3;
    static constexpr std::uint32_t job_data_max = 12;
    std::uint32_t user;
    std::int16_t country;  // since version 2
    char name[5];          // since version 3

    void operator()() const {}
    friend bool operator==(const send_letter&, const send_letter&) = default;

    void encode(byte_writer& to) const noexcept {
        to.u32(user);
        to.i16(country);
        to.text(std::string_view{name, sizeof(name)}.substr(0, std::string_view{name}.size()));
    }
    static std::optional<send_letter> decode(byte_reader& from, std::uint8_t version) noexcept {
        ++asked;
        send_letter job{from.u32(), 49, ""};
        if (version >= 2) {
            job.country = from.i16();
        }
        if (version >= 3) {
            from.text(std::span{job.name}.first(4));
        }
        if (job.user == 13) {
            return std::nullopt;  // no such user
        }
        return job;  // whether or not everything was there
    }
    static inline int asked = 0;
};

// Owns memory, cannot be copied, counts itself.
class spell_check final {
public:
    static constexpr std::string_view job_type = "spell_check";
    static constexpr std::uint32_t job_data_max = 1'000;

    explicit spell_check(std::string_view text) : text_{std::make_unique<std::string>(text)} {
        ++alive;
    }
    spell_check(spell_check&& from) noexcept : text_{std::move(from.text_)} { ++alive; }
    ~spell_check() { --alive; }
    void operator()(pawl::job_context&) {}
    const std::string& text() const { return *text_; }

    void encode(byte_writer& to) const noexcept { to.text(*text_); }
    static std::optional<spell_check> decode(byte_reader& from, std::uint8_t) noexcept {
        return spell_check{from.text()};
    }
    static inline int alive = 0;

private:
    std::unique_ptr<std::string> text_;
};

// Writes more than it says if it is told to.
struct talker {
    static constexpr std::string_view job_type = "talker";
    static constexpr std::uint32_t job_data_max = 4;
    std::uint8_t count;

    void operator()() const {}
    void encode(byte_writer& to) const noexcept {
        for (std::uint8_t i = 0; i < count; ++i) {
            to.u8(i);
        }
    }
    static std::optional<talker> decode(byte_reader& from, std::uint8_t) noexcept {
        return talker{static_cast<std::uint8_t>(from.rest().size())};
    }
};

using types = pawl::job_types<send_mail, resize_image, sample, clean_up, blink, send_letter,
                              spell_check, talker>;

struct unlisted {
    static constexpr std::string_view job_type = "unlisted";
    void operator()() const {}
};

// ---- What is durable ----------------------------------------------------------------------------

static_assert(pawl::durable_job<send_mail> && pawl::durable_job<resize_image> &&
              pawl::durable_job<sample> && pawl::durable_job<clean_up> &&
              pawl::durable_job<send_letter> && pawl::durable_job<spell_check>);
static_assert(!pawl::durable_job<int> && !pawl::durable_job<void (*)()>);
constexpr auto lambda = [] {};
static_assert(!pawl::durable_job<std::remove_const_t<decltype(lambda)>>);

template <class Member>
struct holds {
    static constexpr std::string_view job_type = "holds";
    Member member;
    void operator()() const {}
};
static_assert(pawl::durable_job<holds<int>> && pawl::durable_job<holds<double[4]>> &&
              pawl::durable_job<holds<bool>> && pawl::durable_job<holds<std::endian>> &&
              pawl::durable_job<holds<std::array<send_mail, 3>>>);
static_assert(!pawl::durable_job<holds<std::string>> && !pawl::durable_job<holds<int*>> &&
              !pawl::durable_job<holds<std::string_view>> && !pawl::durable_job<holds<int&>> &&
              !pawl::durable_job<holds<void (*)()>> && !pawl::durable_job<holds<holds<char*>>>);

static_assert(pawl::check_durable<types, send_mail>() &&
              pawl::check_durable<types, const spell_check&>());

static_assert(types::count == 8);
static_assert(types::data_max == 1'000);
static_assert(pawl::job_types<>::count == 0 && pawl::job_types<>::data_max == 0);
static_assert(pawl::job_types<clean_up>::data_max == 0);
static_assert(pawl::job_types<clean_up, send_mail, talker>::data_max == 8);
static_assert(types::contains<send_letter> && !types::contains<unlisted>);
static_assert(!types::contains<const send_letter>);

static_assert(pawl::durable_version<send_mail> == 1);
static_assert(pawl::durable_version<resize_image> == 3);
static_assert(pawl::durable_bytes_max<clean_up> == 0 && pawl::durable_bytes_max<blink> == 1 &&
              pawl::durable_bytes_max<send_letter> == 12);

// The numbers are in logs: they never change.
static_assert(pawl::durable_type<send_mail> == 0x1B1E'F3B7);
static_assert(pawl::durable_type<resize_image> == 0x0034'6F8F);
static_assert(pawl::durable_number("a") == 0xE40C'292C);
static_assert(pawl::fnv_1a("+!=yG") == 0 && pawl::durable_number("+!=yG") == 1);

static_assert(types::name_of(0x1B1E'F3B7) == "send_mail");
static_assert(types::name_of(pawl::durable_type<talker>) == "talker");
static_assert(types::name_of(pawl::durable_type<resize_image>) == "resize_image");
static_assert(types::name_of(pawl::durable_type<unlisted>).empty());
static_assert(types::name_of(0).empty() && pawl::job_types<>::name_of(0x1B1E'F3B7).empty());

// ---- There and back -----------------------------------------------------------------------------

template <class Job>
bytes encoded(const Job& job) {
    bytes data(types::data_max, std::byte{0x55});
    const std::uint32_t size = pawl::encode_job<types>(job, data);
    REQUIRE(size <= pawl::durable_bytes_max<Job>);
    for (std::size_t i = size; i < data.size(); ++i) {
        REQUIRE(data[i] == std::byte{0x55});
    }
    return {data.begin(), data.begin() + size};
}

// Notes what it is called with.
struct visitor {
    template <class Job>
    void operator()(Job&& job) {
        static_assert(std::is_rvalue_reference_v<Job&&> && types::contains<Job>);
        ++calls;
        type = pawl::durable_type<Job>;
        aligned = reinterpret_cast<std::uintptr_t>(&job) % alignof(Job) == 0;
        const Job moved = std::forward<Job>(job);
        if constexpr (std::is_same_v<Job, send_mail>) {
            mail = moved;
        } else if constexpr (std::is_same_v<Job, resize_image>) {
            number = moved.image();
        } else if constexpr (std::is_same_v<Job, send_letter>) {
            letter = moved;
        } else if constexpr (std::is_same_v<Job, spell_check>) {
            text = moved.text();
        } else if constexpr (std::is_same_v<Job, talker>) {
            number = moved.count;
        } else if constexpr (std::is_same_v<Job, blink>) {
            number = moved.times;
        } else if constexpr (std::is_same_v<Job, sample>) {
            number = moved.channel;
            value = moved.value;
        }
    }
    int calls = 0;
    std::uint32_t type = 0;
    bool aligned = false;
    send_mail mail{};
    send_letter letter{};
    std::uint64_t number = 0;
    float value = 0;
    std::string text;
};

template <class List = types>
decode_error decode(std::uint32_t type, unsigned version, const bytes& data, visitor& seen,
                    std::endian order = std::endian::native) {
    // At an odd address, and ending where its memory ends.
    const auto copy = std::make_unique<std::byte[]>(data.size() + 1);
    if (!data.empty()) {
        std::memcpy(copy.get() + 1, data.data(), data.size());
    }
    const int before = seen.calls;
    const decode_error error =
        pawl::decode_job<List>(type, static_cast<std::uint8_t>(version), order,
                               std::span<const std::byte>{copy.get() + 1, data.size()}, seen);
    // Once or never.
    CHECK(seen.calls - before == (error == decode_error::none ? 1 : 0));
    if (error == decode_error::none) {
        CHECK(seen.type == type);
        CHECK(seen.aligned);
    }
    return error;
}
template <class Job>
decode_error decode_as(unsigned version, const bytes& data, visitor& seen,
                       std::endian order = std::endian::native) {
    return decode(pawl::durable_type<Job>, version, data, seen, order);
}
template <class Job>
decode_error why(unsigned version, const bytes& data, std::endian order = std::endian::native) {
    visitor seen;
    return decode_as<Job>(version, data, seen, order);
}

TEST_CASE("job_types: plain data is its bytes") {
    const send_mail job{0x01020304, {0x0506, 0x0708}};
    const bytes data = encoded(job);
    CHECK(data == (std::endian::native == std::endian::little ? hex(4, 3, 2, 1, 6, 5, 8, 7)
                                                              : hex(1, 2, 3, 4, 5, 6, 7, 8)));
    visitor seen;
    REQUIRE(decode_as<send_mail>(1, data, seen) == decode_error::none);
    CHECK(seen.mail == job);

    REQUIRE(decode_as<resize_image>(3, encoded(resize_image{1ULL << 63 | 5}), seen) ==
            decode_error::none);
    CHECK(seen.number == (1ULL << 63 | 5));
    REQUIRE(decode_as<blink>(1, encoded(blink{200}), seen) == decode_error::none);
    CHECK(seen.number == 200);
}

TEST_CASE("job_types: plain data that is aligned more than memory is") {
    sample job{};
    job.channel = 7;
    job.value = 0.25F;
    visitor seen;
    REQUIRE(decode_as<sample>(1, encoded(job), seen) == decode_error::none);
    CHECK(seen.number == 7);
    CHECK(seen.value == 0.25F);
}

TEST_CASE("job_types: a job without members has no data") {
    CHECK(encoded(clean_up{}).empty());
    visitor seen;
    CHECK(decode_as<clean_up>(1, {}, seen) == decode_error::none);
    CHECK(seen.calls == 1);
    CHECK(pawl::decode_job<types>(pawl::durable_type<clean_up>, 1, other_order, {}, seen) ==
          decode_error::none);
    CHECK(why<clean_up>(1, hex(0)) == decode_error::other_size);
    CHECK(pawl::encode_job<types>(clean_up{}, {}) == 0);
}

TEST_CASE("job_types: gaps in plain data are zero, whatever was in memory") {
    if (!pawl::clears_gaps) {
        return;  // this compiler does not know them
    }
    alignas(sample) std::byte memory[sizeof(sample)];
    std::memset(memory, 0xEE, sizeof(memory));
    auto* const job = ::new (static_cast<void*>(memory)) sample;
    job->channel = 0x11;
    job->value = -1.5F;
    job->flags = 0x2222;
    bytes expected(sizeof(sample));
    expected[offsetof(sample, channel)] = std::byte{0x11};
    std::memcpy(expected.data() + offsetof(sample, value), &job->value, sizeof(float));
    std::memset(expected.data() + offsetof(sample, flags), 0x22, 2);
    CHECK(encoded(*job) == expected);
}

TEST_CASE("job_types: a codec's bytes are what it writes") {
    const send_letter job{0x01020304, -2, "abc"};
    const bytes data = encoded(job);
    CHECK(data == hex(4, 3, 2, 1, 0xFE, 0xFF, 3, 0, 'a', 'b', 'c'));
    for (const std::endian order : {std::endian::little, std::endian::big}) {
        visitor seen;
        REQUIRE(decode_as<send_letter>(3, data, seen, order) == decode_error::none);
        CHECK(seen.letter == job);
    }
}

TEST_CASE("job_types: a codec reads what older programs have written") {
    visitor seen;
    REQUIRE(decode_as<send_letter>(1, hex(4, 3, 2, 1), seen) == decode_error::none);
    CHECK(seen.letter == send_letter{0x01020304, 49, ""});
    REQUIRE(decode_as<send_letter>(2, hex(4, 3, 2, 1, 0xFE, 0xFF), seen) == decode_error::none);
    CHECK(seen.letter == send_letter{0x01020304, -2, ""});
}

TEST_CASE("job_types: a codec is not asked about a version that it does not know") {
    const bytes data = encoded(send_letter{1, 2, "abc"});
    send_letter::asked = 0;
    CHECK(why<send_letter>(4, data) == decode_error::other_version);
    CHECK(why<send_letter>(255, data) == decode_error::other_version);
    CHECK(why<send_letter>(0, data) == decode_error::other_version);
    CHECK(send_letter::asked == 0);
    CHECK(why<send_letter>(3, data) == decode_error::none);
    CHECK(send_letter::asked == 1);
}

TEST_CASE("job_types: a codec that is short of bytes makes no job, even if it answers with one") {
    const bytes data = encoded(send_letter{1, 2, "abc"});
    for (std::size_t size = 0; size < data.size(); ++size) {
        CHECK(why<send_letter>(3, bytes{data.begin(), data.begin() + std::ptrdiff_t(size)}) ==
              decode_error::refused);
    }
    CHECK(spell_check::alive == 0);
    for (std::size_t size = 0; size < 5; ++size) {
        const bytes text = hex(3, 0, 'a', 'b', 'c');
        CHECK(why<spell_check>(1, bytes{text.begin(), text.begin() + std::ptrdiff_t(size)}) ==
              decode_error::refused);
    }
    CHECK(spell_check::alive == 0);
}

TEST_CASE("job_types: a codec that leaves bytes over has read something else") {
    bytes data = encoded(send_letter{1, 2, "abc"});
    data.push_back(std::byte{0});
    CHECK(why<send_letter>(3, data) == decode_error::other_size);
    CHECK(why<send_letter>(2, data) == decode_error::other_size);
    visitor seen;
    CHECK(decode_as<talker>(1, hex(9, 9, 9, 9, 9, 9), seen) == decode_error::none);  // rest()
    CHECK(seen.number == 6);
}

TEST_CASE("job_types: a codec may refuse") {
    CHECK(why<send_letter>(1, hex(13, 0, 0, 0)) == decode_error::refused);
}

TEST_CASE("job_types: a job that owns memory is made once, moved out and destroyed") {
    {
        const spell_check job{"a text that is too long to be kept within a string"};
        const bytes data = encoded(job);
        CHECK(spell_check::alive == 1);
        visitor seen;
        REQUIRE(decode_as<spell_check>(1, data, seen) == decode_error::none);
        CHECK(seen.text == job.text());
        CHECK(spell_check::alive == 1);
    }
    CHECK(spell_check::alive == 0);
}

TEST_CASE("job_types: plain data of another version, byte order or size is not taken") {
    const bytes mail = encoded(send_mail{1, {2, 3}});
    CHECK(why<send_mail>(0, mail) == decode_error::other_version);
    CHECK(why<send_mail>(2, mail) == decode_error::other_version);
    CHECK(why<send_mail>(1, mail, other_order) == decode_error::other_byte_order);
    const bytes image = encoded(resize_image{1});
    CHECK(why<resize_image>(2, image) == decode_error::other_version);
    CHECK(why<resize_image>(4, image) == decode_error::other_version);
    CHECK(why<blink>(1, hex(1), other_order) == decode_error::none);

    for (std::size_t size = 0; size < 20; ++size) {
        const bytes data(size, std::byte{1});
        CHECK(why<send_mail>(1, data) ==
              (size == sizeof(send_mail) ? decode_error::none : decode_error::other_size));
    }
    // The cause that comes first: a program of another version may have any size.
    CHECK(why<send_mail>(2, hex(1), other_order) == decode_error::other_version);
    CHECK(why<send_mail>(1, hex(1), other_order) == decode_error::other_byte_order);
}

TEST_CASE("job_types: a number that no job of the list has") {
    visitor seen;
    CHECK(decode(pawl::durable_type<unlisted>, 1, {}, seen) == decode_error::unknown_type);
    CHECK(decode(0, 1, {}, seen) == decode_error::unknown_type);
    CHECK(decode<pawl::job_types<>>(pawl::durable_type<send_mail>, 1, {}, seen) ==
          decode_error::unknown_type);
    CHECK(seen.calls == 0);
}

TEST_CASE("job_types: what does not fit is not encoded, and nothing is written beyond the end") {
    const send_mail plain{1, {2, 3}};
    const send_letter coded{1, 2, "abc"};
    for (std::size_t size = 0; size < 12; ++size) {
        const auto memory = std::make_unique<std::byte[]>(size);
        const std::span into{memory.get(), size};
        CHECK(pawl::encode_job<types>(plain, into) == (size < 8 ? pawl::encoded_failed : 8));
        CHECK(pawl::encode_job<types>(coded, into) == (size < 11 ? pawl::encoded_failed : 11));
    }
    // To odd addresses, too.
    bytes data(9);
    CHECK(pawl::encode_job<types>(plain, std::span{data}.subspan(1)) == 8);
    visitor seen;
    CHECK(decode_as<send_mail>(1, bytes{data.begin() + 1, data.end()}, seen) == decode_error::none);
    CHECK(seen.mail == plain);
}

TEST_CASE("job_types: a codec that writes more than it said has failed, though there is room") {
    bytes data(100, std::byte{0x55});
    CHECK(pawl::encode_job<types>(talker{4}, data) == 4);
    CHECK(pawl::encode_job<types>(talker{0}, data) == 0);
    CHECK(pawl::encode_job<types>(talker{5}, data) == pawl::encoded_failed);
    CHECK(data[4] == std::byte{0x55});
}

TEST_CASE("job_types: any bytes under any number, version and order make a job or a reason") {
    std::uint64_t state = 7;
    const auto next = [&state] {
        state = state * 6364136223846793005U + 1442695040888963407U;
        return static_cast<std::uint32_t>(state >> 33);
    };
    const std::uint32_t numbers[] = {
        pawl::durable_type<send_mail>,   pawl::durable_type<resize_image>,
        pawl::durable_type<clean_up>,    pawl::durable_type<blink>,
        pawl::durable_type<send_letter>, pawl::durable_type<spell_check>,
        pawl::durable_type<talker>,      pawl::durable_type<unlisted>};
    int jobs = 0;
    visitor seen;
    for (int round = 0; round < 20'000; ++round) {
        bytes data(next() % 14);
        for (std::byte& each : data) {
            each = static_cast<std::byte>(next() % 3 == 0 ? next() : next() % 8);
        }
        const std::uint32_t number = numbers[next() % std::size(numbers)];
        const auto error = decode(number, next() % 5, data, seen,
                                  next() % 4 == 0 ? other_order : std::endian::native);
        jobs += error == decode_error::none ? 1 : 0;
    }
    CHECK(seen.calls == jobs);
    CHECK(jobs > 100);
    CHECK(spell_check::alive == 0);
}

// ---- A long list --------------------------------------------------------------------------------

template <int Number>
struct numbered {
    static constexpr char name[] = {'j', static_cast<char>('0' + Number / 10),
                                    static_cast<char>('0' + Number % 10), '\0'};
    static constexpr std::string_view job_type{name};
    std::uint16_t data[std::size_t{Number} + 1];
    void operator()() const {}
};

template <int... Numbers>
void finds_each(std::integer_sequence<int, Numbers...>) {
    using list = pawl::job_types<numbered<Numbers>...>;
    static_assert(list::count == sizeof...(Numbers));
    static_assert(list::data_max == 2 * sizeof...(Numbers));
    const auto one = []<int Number>(std::integral_constant<int, Number>) {
        numbered<Number> job{};
        job.data[Number] = Number * 3 + 1;
        bytes data(list::data_max);
        data.resize(pawl::encode_job<list>(job, data));
        int seen = -1;
        const auto error =
            pawl::decode_job<list>(pawl::durable_type<numbered<Number>>, 1, std::endian::native,
                                   data, [&seen]<class Job>(Job&& found) {
                                       seen = found.data[std::size(found.data) - 1];
                                       CHECK(std::is_same_v<Job, numbered<Number>>);
                                   });
        CHECK(error == decode_error::none);
        CHECK(seen == Number * 3 + 1);
        CHECK(list::name_of(pawl::durable_type<numbered<Number>>) == numbered<Number>::job_type);
    };
    (one(std::integral_constant<int, Numbers>{}), ...);
}

TEST_CASE("job_types: each of forty types is found") {
    finds_each(std::make_integer_sequence<int, 40>{});
}

TEST_CASE("job_types: every reason has words of its own") {
    const decode_error all[] = {
        decode_error::none,       decode_error::unknown_type,     decode_error::other_version,
        decode_error::other_size, decode_error::other_byte_order, decode_error::refused};
    for (const decode_error one : all) {
        const std::string_view words = describe(one);
        CHECK(words.size() > 5);
        for (const decode_error other : all) {
            CHECK((one == other || words != describe(other)));
        }
    }
}

}  // namespace
