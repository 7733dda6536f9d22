// SPDX-License-Identifier: BSL-1.0
//
// job_types: the jobs that a log keeps, and how their data becomes bytes and jobs again.
//
// A durable job is a class with a name, data and a call operator. What the log keeps of it is the
// number of its name, the version of its data, and the data:
//
//   struct send_mail {
//       static constexpr std::string_view job_type = "send_mail";
//       std::uint32_t user;
//       void operator()(pawl::job_context&) const;
//   };
//   using types = pawl::job_types<send_mail, resize>;    // all that a journal's log may hold
//
// Its data takes one of two forms:
//   plain   a trivially copyable class: its bytes, as they are in memory. Nothing to write, and a
//           copy is all it costs; but only a program whose class has the same version, size and
//           byte order can read them. Pointers do not compile, as far as the compiler sees them.
//   codec   a class with these members: any machine reads it, later versions of the program too,
//           and it may own what it likes. Declare all three or none:
//
//       static constexpr std::uint32_t job_data_max = 40;   // bytes that encode() writes at most
//       void encode(pawl::byte_writer& to) const noexcept;  // to.u32(user); to.text(subject); ...
//       static std::optional<send_mail> decode(pawl::byte_reader& from,
//                                              std::uint8_t version) noexcept;    // or nothing
//
// How to change a job's data later. Jobs of the old program are in the log when the new one starts,
// so:
//   - Add or drop a member of a codec: raise `job_version` (a std::uint8_t; 1 if there is none),
//     and let decode() read what each older version wrote; it is never asked about a newer one.
//   - Add or drop a member of plain data: those in the log fail, with other_version if job_version
//     was raised and other_size if only the size tells. Raise it whenever the meaning changes.
//   - From plain to a codec: raise job_version; for the older one decode() finds the bytes of the
//     old struct: little-endian on most machines, gaps included.
//   - Never use a name again for something else, and do not rename: a new name is a new job. Keep a
//     job that nobody submits any more in the list until no log holds one.
// What cannot be read is not lost: it is a failed job that says why.
//
// Why a list of types and not a registry that jobs enter at start: the list is complete before
// anything is read, needs no memory and no order of initialisation, and whatever is wrong with it
// (two jobs of one name, a size that no slot has) does not compile. The name's number, 32 bits of
// FNV-1a, takes the place of the name in each record; two names of one number do not compile.
// Why a lambda is none: it has no name that the next build would know it by.
//
// How a record finds its type: one comparison after the other, made from the list. Rejected: a
// sorted table of functions, found by halves. At -Os on a Cortex-M3, with decoding and its visitor,
// that is 512 bytes for four types where this is 332, and 1,756 where this is 1,256 for sixteen.
//
// Trust: bytes come from a log that has checked their CRC. Any bytes are safe to decode, but those
// of plain data are believed: a bool that was stored as 2 is the caller's to fear, not a codec's.
// Gaps between the members of plain data are stored as zeros where the compiler knows them (GCC),
// else as they are in memory.
//
// Cost: encoding and decoding plain data is a copy, twice where it has gaps. No heap, no exception.
// Who may call: any thread or interrupt; decode_job() calls what it is given, and no job.
#pragma once

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include <pawl/config.hpp>
#include <pawl/containers/hash.hpp>
#include <pawl/durability/byte_codec.hpp>
#include <pawl/jobs/callable.hpp>
#include <pawl/jobs/job_traits.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// ---- What a class declares ----------------------------------------------------------------------

// As in job_traits.hpp: whatever a name means, it is found.
struct durable_names {
    int job_version;
    int job_data_max;
    int encode;
    int decode;
};
template <class T>
struct durable_probe : T, durable_names {};

template <std::uint8_t Version>
struct data_of_version {};
template <std::uint32_t Bytes>
struct data_of_bytes {};

template <class T>
concept proper_version = requires {
    typename data_of_version<T::job_version>;
    requires T::job_version != 0;
};
template <class T>
concept proper_data_max = requires {
    typename data_of_bytes<T::job_data_max>;
};
template <class T>
concept proper_encode = requires(const T& job, byte_writer& to) {
    { job.encode(to) }
    noexcept->std::same_as<void>;
};
// The version in braces: a parameter that is too narrow for it is refused.
template <class T>
concept proper_decode = requires(byte_reader& from, std::uint8_t version) {
    { T::decode(from, {version}) }
    noexcept->std::same_as<std::optional<T>>;
};

template <class T>
concept declares_version = (inheritable<T> && !requires { &durable_probe<T>::job_version; }) ||
                           (!inheritable<T> && requires { &T::job_version; });
template <class T>
concept declares_data_max = (inheritable<T> && !requires { &durable_probe<T>::job_data_max; }) ||
                            (!inheritable<T> && requires { &T::job_data_max; });
template <class T>
concept declares_encode = (inheritable<T> && !requires { &durable_probe<T>::encode; }) ||
                          (!inheritable<T> && (requires { &T::encode; } || proper_encode<T>));
template <class T>
concept declares_decode = (inheritable<T> && !requires { &durable_probe<T>::decode; }) ||
                          (!inheritable<T> && (requires { &T::decode; } || proper_decode<T>));

// ---- The two forms ------------------------------------------------------------------------------

// Whether a T can be made of bytes in a constant expression, which pointers, references and unions
// cannot. GCC overlooks those in arrays of classes, and clang 14 takes bit-fields for some.
template <class T>
constexpr int make_of_zeros() {
    static_cast<void>(std::bit_cast<T>(std::array<unsigned char, sizeof(T)>{}));
    return 0;
}
template <int>
struct constant_number {};
template <class T>
concept only_values = !__is_literal_type(T) || requires {
    typename constant_number<make_of_zeros<T>()>;
};  // of a trivially copyable class

template <class T>
concept coded_job = proper_encode<T> && proper_decode<T> && proper_data_max<T>;
template <class T>
concept plain_job = std::is_trivially_copyable_v<T> && !declares_encode<T> && !declares_decode<T> &&
                    !declares_data_max<T> && only_values<T>;

// A class that a log can keep. Whether a journal's does is said by its list.
template <class T>
concept durable_job = std::is_class_v<T> && declares_job_type<T> && proper_job_type<T> &&
    (!declares_version<T> || proper_version<T>)&&(coded_job<T> || plain_job<T>);

// The number of a name in the log; never 0.
[[nodiscard]] constexpr std::uint32_t durable_number(std::string_view name) noexcept {
    const std::uint32_t number = fnv_1a(name);
    return number == 0 ? 1 : number;
}
template <class T>
inline constexpr std::string_view durable_name{T::job_type};
template <class T>
inline constexpr std::uint32_t durable_type = durable_number(durable_name<T>);

// The version of the data that this program writes.
template <class T>
inline constexpr std::uint8_t durable_version = 1;
template <declares_version T>
inline constexpr std::uint8_t durable_version<T> = T::job_version;

// The bytes of a job's data: of plain data always, of a codec at most. An object without members
// has a byte, but no data.
template <class T>
inline constexpr std::uint32_t durable_bytes_max = std::is_empty_v<T>
                                                       ? 0
                                                       : static_cast<std::uint32_t>(sizeof(T));
template <coded_job T>
inline constexpr std::uint32_t durable_bytes_max<T> = T::job_data_max;

// ---- What is wrong with a class does not compile, each with its own sentence --------------------

template <class T>
constexpr bool check_durable_data() {
    if constexpr (declares_encode<T> || declares_decode<T> || declares_data_max<T>) {
        static_assert(declares_encode<T> && declares_decode<T> && declares_data_max<T>,
                      "pawl: this durable job declares one or two of encode, decode and "
                      "job_data_max; it has to declare all three, or none for plain data");
        if constexpr (declares_encode<T>) {
            static_assert(proper_encode<T>,
                          "pawl: this durable job's encode has to be public and callable as: void "
                          "encode(pawl::byte_writer& to) const noexcept");
        }
        if constexpr (declares_decode<T>) {
            static_assert(proper_decode<T>,
                          "pawl: this durable job's decode has to be public and callable as: "
                          "static std::optional<the class> decode(pawl::byte_reader& from, "
                          "std::uint8_t version) noexcept");
        }
        if constexpr (declares_data_max<T>) {
            static_assert(proper_data_max<T>,
                          "pawl: this durable job's job_data_max has to be a public number known "
                          "to the compiler, of the bytes that encode writes at most: static "
                          "constexpr std::uint32_t job_data_max = ...");
        }
        return coded_job<T>;
    } else {
        static_assert(std::is_trivially_copyable_v<T>,
                      "pawl: this durable job is not trivially copyable, so that its bytes alone "
                      "do not make it again; give it encode, decode and job_data_max");
        if constexpr (std::is_trivially_copyable_v<T>) {
            static_assert(only_values<T>,
                          "pawl: this durable job holds a pointer, a reference, a "
                          "std::string_view or a union; what it points to is not there in the "
                          "program's next run. Hold numbers and arrays of them, or give it encode, "
                          "decode and job_data_max");
        }
        return plain_job<T>;
    }
}

// Whether a class may stand in a list, by itself.
template <class T>
constexpr bool check_durable_class() {
    static_assert(std::is_class_v<T> && !std::is_const_v<T> && !std::is_volatile_v<T>,
                  "pawl: pawl::job_types<...> lists classes, without const, reference or pointer");
    if constexpr (std::is_class_v<T>) {
        static_assert(declares_job_type<T>,
                      "pawl: a class in pawl::job_types<...> needs a name that the log keeps and "
                      "that never changes: static constexpr std::string_view job_type = ...");
        static_cast<void>(check_job_traits<T>());
        if constexpr (declares_version<T>) {
            static_assert(proper_version<T>,
                          "pawl: this durable job's job_version has to be a public number from 1 "
                          "to 255, known to the compiler: static constexpr std::uint8_t "
                          "job_version = ...");
        }
        static_assert(std::is_nothrow_move_constructible_v<T>,
                      "pawl: a durable job is moved into its slot when the log is read; its move "
                      "constructor has to be there, and must not throw");
        static_assert(check_callable<T, sizeof(T), alignof(T)>());
        static_cast<void>(check_durable_data<T>());
    }
    return durable_job<T>;
}

// Whether no other class of the list could be taken for this one.
template <class T, class... Jobs>
constexpr bool check_durable_name() {
    if constexpr ((durable_job<Jobs> && ...)) {
        constexpr int same_names = (0 + ... + (durable_name<Jobs> == durable_name<T> ? 1 : 0));
        constexpr int same_numbers = (0 + ... + (durable_type<Jobs> == durable_type<T> ? 1 : 0));
        static_assert(same_names == 1,
                      "pawl: another class in pawl::job_types<...> has the same job_type as this "
                      "one, or this one is listed twice; the log could not tell them apart");
        static_assert(same_names != 1 || same_numbers == 1,
                      "pawl: the job_type of this class and another one in pawl::job_types<...> "
                      "happen to have one number, of 32 bits; choose another name for the newer");
        return same_numbers == 1;
    } else {
        return false;
    }
}

// ---- Jobs as bytes, and back --------------------------------------------------------------------

inline constexpr std::uint32_t encoded_failed = 0xFFFF'FFFF;

// Whether the compiler knows which bytes belong to no member: GCC from 11 on.
#if !defined(__has_builtin)
inline constexpr bool clears_gaps = false;
#elif !__has_builtin(__builtin_clear_padding)
inline constexpr bool clears_gaps = false;
#else
inline constexpr bool clears_gaps = true;
#endif
template <class T>
void clear_gaps([[maybe_unused]] T* job) noexcept {
    if constexpr (clears_gaps) {
        __builtin_clear_padding(job);
    }
}

template <class T>
std::uint32_t encode_as(const T& job, std::span<std::byte> into) noexcept {
    constexpr std::uint32_t bytes_max = durable_bytes_max<T>;
    if constexpr (coded_job<T>) {
        // Not even where there is room: other lists have less.
        byte_writer to{into.size() > bytes_max ? into.first(bytes_max) : into};
        job.encode(to);
        return to.ok() ? static_cast<std::uint32_t>(to.size()) : encoded_failed;
    } else if constexpr (bytes_max == 0) {
        return 0;
    } else {
        if (into.size() < bytes_max) {
            return encoded_failed;
        }
        if constexpr (!clears_gaps || std::has_unique_object_representations_v<T>) {
            std::memcpy(into.data(), static_cast<const void*>(&job), bytes_max);
        } else {
            alignas(T) std::byte room[sizeof(T)];
            std::memcpy(room, static_cast<const void*>(&job), bytes_max);
            clear_gaps(std::launder(reinterpret_cast<T*>(room)));
            std::memcpy(into.data(), room, bytes_max);
        }
        return bytes_max;
    }
}

enum class decode_error : std::uint8_t {
    none,
    unknown_type,      // no job of the list has this number
    other_version,     // plain data of another version, or a codec's of a later one
    other_size,        // plain data of another size, or more than the codec has read
    other_byte_order,  // plain data of a machine of the other byte order
    refused,           // the codec answered with nothing, or wanted more bytes than there are
};

[[nodiscard]] constexpr const char* describe(decode_error error) noexcept {
    switch (error) {
        case decode_error::none: return "no error";
        case decode_error::unknown_type: return "no job of this program has this type";
        case decode_error::other_version: return "the data is of a version that is not read here";
        case decode_error::other_size: return "the data has another size than the job";
        case decode_error::other_byte_order: return "plain data of a machine of other byte order";
        case decode_error::refused: return "the job's decode cannot read the data";
    }
    return "?";
}

template <class T, class Visit>
decode_error decode_as(std::uint8_t version, std::endian order, std::span<const std::byte> data,
                       Visit& visit) noexcept {
    if constexpr (coded_job<T>) {
        if (version == 0 || version > durable_version<T>) {
            return decode_error::other_version;
        }
        byte_reader from{data};
        std::optional<T> job = T::decode(from, {version});
        if (!job || !from.ok()) {
            return decode_error::refused;
        }
        if (from.left() != 0) {
            return decode_error::other_size;
        }
        visit(std::move(*job));
    } else {
        if (version != durable_version<T>) {
            return decode_error::other_version;
        }
        // A single byte has no order.
        if (sizeof(T) > 1 && order != std::endian::native) {
            return decode_error::other_byte_order;
        }
        if (data.size() != durable_bytes_max<T>) {
            return decode_error::other_size;
        }
        // Bytes of an array may become an object of a trivially copyable class by being written
        // (C++20, implicit object creation), so no default constructor is needed.
        alignas(T) std::byte room[sizeof(T)];
        if constexpr (durable_bytes_max<T> != 0) {
            std::memcpy(room, data.data(), sizeof(T));
        }
        visit(std::move(*std::launder(reinterpret_cast<T*>(room))));
    }
    return decode_error::none;
}

// ---- The list -----------------------------------------------------------------------------------

// The types that a journal's log may hold; an empty list is one.
template <class... Jobs>
struct job_types {
    static_assert((check_durable_class<Jobs>() && ...));
    static_assert((check_durable_name<Jobs, Jobs...>() && ...));

    static constexpr std::uint32_t count = sizeof...(Jobs);
    // Bytes of the largest data; 0 if there is none.
    static constexpr std::uint32_t data_max = [] {
        std::uint32_t most = 0;
        static_cast<void>(
            ((most = durable_bytes_max<Jobs> > most ? durable_bytes_max<Jobs> : most), ...));
        return most;
    }();

    template <class T>
    static constexpr bool contains = (std::is_same_v<T, Jobs> || ...);

    // Empty: no job of the list has this number.
    [[nodiscard]] static constexpr std::string_view name_of(
        [[maybe_unused]] std::uint32_t type) noexcept {
        std::string_view name;
        static_cast<void>(
            ((type == durable_type<Jobs> && (name = durable_name<Jobs>, true)) || ...));
        return name;
    }

    // See decode_job().
    template <class Visit>
    static decode_error decode([[maybe_unused]] std::uint32_t type,
                               [[maybe_unused]] std::uint8_t version,
                               [[maybe_unused]] std::endian order,
                               [[maybe_unused]] std::span<const std::byte> data,
                               [[maybe_unused]] Visit& visit) noexcept {
        decode_error result = decode_error::unknown_type;
        static_cast<void>(((type == durable_type<Jobs> &&
                            (result = decode_as<Jobs>(version, order, data, visit), true)) ||
                           ...));
        return result;
    }
};

// What is asked of a callable that is submitted durably, each with its own sentence.
template <class Types, class F>
constexpr bool check_durable() {
    using job = std::remove_cv_t<std::remove_reference_t<F>>;
    if constexpr (!durable_job<job>) {
        static_assert(durable_job<job>,
                      "pawl: a durable job is a class with `static constexpr std::string_view "
                      "job_type`, plain data or encode and decode, listed in "
                      "pawl::job_types<...>; a lambda has no name that a log could keep");
        return false;
    } else {
        constexpr bool listed = Types::template contains<job>;
        static_assert(listed,
                      "pawl: this class is not listed in the journal's pawl::job_types<...>, so "
                      "that a log could not be read; add it there");
        return listed;
    }
}

// Writes the job's data, and answers with the number of its bytes, at most Types::data_max; or with
// encoded_failed, if `into` is too short or the codec wrote more than its job_data_max. Then the
// content of `into` is of no use.
template <class Types, class T>
[[nodiscard]] std::uint32_t encode_job(const T& job, std::span<std::byte> into) noexcept {
    static_assert(check_durable<Types, T>());
    return encode_as(job, into);
}

// Makes a job of what encode_job() wrote under `type` (durable_type), `version` (durable_version)
// and `order` (std::endian::native), and calls visit(T&& job) with it: once if the answer is
// decode_error::none, else never. `visit` takes every type of the list, and does not throw.
// Any bytes are safe, as far as decode() of the jobs is.
template <class Types, class Visit>
decode_error decode_job(std::uint32_t type, std::uint8_t version, std::endian order,
                        std::span<const std::byte> data, Visit&& visit) noexcept {
    return Types::decode(type, version, order, data, visit);
}

}  // namespace PAWL_ABI
}  // namespace pawl
