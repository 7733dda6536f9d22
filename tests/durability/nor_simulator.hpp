// SPDX-License-Identifier: BSL-1.0
//
// nor_simulator: a NOR flash chip, and everything that may be on it after a power cut.
//
// What: a journal_medium in memory that records what is done to it, counts what a chip forbids, and
// shows for every operation of the run what a cut within it may leave, each as a chip to recover
// from. See crash_states.hpp for the way of use; a disk has its own (disk_simulator.hpp), because
// a disk reorders and flash does not.
//
// The model:
//   - Bits only fall: programming is AND. Erasing a block raises all its bits, and wears it.
//   - A unit is programmed once between two erases, whatever with: chips with error correction
//     store a checksum for it, and a second program spoils that. 0xFF counts as well.
//   - Operations are done in their order, each before the next begins; sync() has nothing to do.
//   - A cut within the program of n units is within one unit: those before it are complete, those
//     behind it untouched, and it is
//       * weak: it reads as erased, but has been programmed. To program it again is a violation,
//         and no reading shows that. Hence: after a cut never go on in the same block.
//         (nor_shape::weak_units)
//       * partial: some of the bits that were to fall have fallen. Patterns, in this order, as many
//         as nor_budget::partials says: the first half of the unit, all but the last bit, the first
//         quarter, all but the first bit, the second half, every other bit, the first bit only,
//         then random ones.
//       * complete, but nobody was told.
//   - A cut within an erase leaves the block as it was, complete, full of random bits, or with its
//     first or its second half erased. What is not erased may only be erased. What reads as erased
//     counts as such, or, with nor_shape::weak_erases, must be erased again all the same.
// Points: one within every operation, which includes "it had not begun" and "it had ended but not
// returned", and one after the last.
//
// States of a point: 1 + n * (weak + partials + complete) for a program of n units, 5 for an erase,
// 1 after the last. Those that look like another one of the same unit are left out (a unit of 0xFF
// is never weak or partial: it reads the same, and counts as programmed if complete).
//
// What is NOT modelled: weak bits that read differently each time, read and program disturb, bad
// blocks, rot (see for_each_flip), a cut while another block or chip is busy, erase suspend, chips
// whose pages must be programmed whole.
//
// Misuse is answered or counted, since the medium was made or handed out: out_of_bounds for what is
// beyond a block or not whole units; double_programs() units programmed twice, or not erased;
// out_of_order_programs() of units before one that has been programmed.
//
// Cost: a state costs a copy of the blocks that the last cut and the visitor touched, 50 to 200 ns
// with blocks of 512 bytes if the visitor does nothing.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include <pawl/durability/io_status.hpp>
#include <pawl/durability/journal_medium.hpp>

#include "durability/crash_states.hpp"

namespace crash {

struct nor_shape {
    u32 write_unit = 4;
    u32 block_bytes = 512;
    u32 block_count = 4;
    bool weak_units = true;
    bool weak_erases = false;
};

struct nor_budget {
    u32 partials = 6;  // patterns of a unit that is cut
    u32 randoms = 1;   // contents of a block whose erase is cut
    u64 seed = 1;
};

class nor_simulator {
public:
    // Erased, closed, and recording. A shape that is none gives a medium that does not open.
    explicit nor_simulator(nor_shape shape = {}) : shape_{shape} {
        valid_ = pawl::check_geometry(geometry()) == nullptr;
        if (!valid_) {
            return;
        }
        now_.content.assign(std::size_t{shape.block_bytes} * shape.block_count, std::byte{0xFF});
        now_.programmed.assign(now_.content.size() / shape.write_unit, 0);
        now_.wear.assign(shape.block_count, 0);
        start_recording();
    }

    // ---- a journal_medium ----

    io_status open() noexcept {
        if (!valid_) {
            return {io_error::bad_geometry};
        }
        if (cut_) {
            return power_is_off();
        }
        if (open_) {
            return {io_error::busy};
        }
        open_ = true;
        return {};
    }
    void close() noexcept { open_ = false; }
    pawl::medium_geometry geometry() const noexcept {
        return {shape_.write_unit, shape_.block_bytes, shape_.block_count, std::byte{0xFF}};
    }
    io_status read(u32 block, u32 offset, std::span<std::byte> into) noexcept {
        if (const io_status refused = check(block, offset, into.size(), 1); !refused) {
            return refused;
        }
        std::memcpy(into.data(), now_.content.data() + at(block, offset), into.size());
        return {};
    }
    io_status program(u32 block, u32 offset, std::span<const std::byte> from) noexcept {
        if (const io_status refused = check(block, offset, from.size(), shape_.write_unit);
            !refused) {
            return refused;
        }
        if (const io_status off = begin(block, offset, from); !off) {
            return off;
        }
        const std::size_t first = at(block, offset);
        const std::size_t units_in_block = shape_.block_bytes / shape_.write_unit;
        const std::size_t behind = (first + from.size()) / shape_.write_unit;
        const std::size_t end = (block + std::size_t{1}) * units_in_block;
        out_of_order_programs_ +=
            std::any_of(now_.programmed.begin() + static_cast<std::ptrdiff_t>(behind),
                        now_.programmed.begin() + static_cast<std::ptrdiff_t>(end),
                        [](u8 programmed) { return programmed != 0; });
        for (std::size_t unit = 0; unit < from.size(); unit += shape_.write_unit) {
            double_programs_ += !is_erased(now_, first + unit);
            program_unit(now_, first + unit, from.data() + unit);
        }
        return {};
    }
    io_status erase(u32 block) noexcept {
        if (const io_status refused = check(block, 0, shape_.block_bytes, 1); !refused) {
            return refused;
        }
        if (const io_status off = begin(block, erasing, {}); !off) {
            return off;
        }
        erase_part(now_, at(block, 0), shape_.block_bytes, 0);
        ++now_.wear[block];
        return {};
    }
    io_status sync() noexcept { return check(0, 0, 0, 1); }

    // ---- the run ----

    // Forgets what was recorded.
    void start_recording() {
        recording_ = true;
        cut_ = false;
        cut_after_ = never;
        operations_ = 0;
        start_ = now_;
        base_ = now_;
        position_ = 0;
        steps_.clear();
        pool_.clear();
    }

    // Programs and erases since recording began.
    u64 operations() const noexcept { return operations_; }

    // The power goes off within the operation after that many: it fails and so does everything
    // after it, reading and opening included, and the run can come to its end. What the operation
    // has done is seen in the states of last_point().
    void cut_after(u64 operations) noexcept { cut_after_ = operations; }
    bool is_cut() const noexcept { return cut_; }

    // The power goes off now and comes back: one of the states of last_point(), chosen by the seed,
    // is what is there, and recording begins anew. For long random runs, after cut_after().
    void crash(u64 seed, const nor_budget& budget = {}) {
        const u64 chosen = numbers{seed}.below(count_crash_states(steps_.size() - cut_, budget));
        u64 index = 0;
        chip after;
        for_each_crash_state(steps_.size() - cut_, budget,
                             [&](nor_simulator& medium, const crash_point&) {
                                 if (index == chosen) {
                                     after = medium.now_;
                                 }
                                 return index++ < chosen;
                             });
        now_ = after;
        open_ = false;
        all_touched_ = true;
        start_recording();
    }

    // One more than operations: the last is after them all, or within the one that was cut.
    std::size_t point_count() const noexcept { return steps_.size() + !cut_; }
    crash_point point(std::size_t index) const noexcept {
        return {index, index, index < steps_.size()};
    }
    crash_point last_point() const noexcept { return point(point_count() - 1); }

    // Calls visitor(nor_simulator&, const crash_point&) for the states of one point. The medium is
    // closed and does not record (until start_recording()), and has counted no misuse. The number
    // of states; fewer if the visitor returned false. Not to be called from within a visitor on
    // the same object, but on the one that was handed out.
    template <class Visitor>
    u64 for_each_crash_state(std::size_t index, const nor_budget& budget, Visitor&& visitor) {
        seek(index);
        if (scratch_.empty()) {
            scratch_.push_back(nor_simulator{});
        }
        nor_simulator& medium = scratch_.front();
        medium.hand_out(*this, base_);
        u64 states = 0;
        enumerate(index, budget, medium, [&] {
            ++states;
            return visit(visitor, medium, point(index));
        });
        return states;
    }

    // Of all points.
    template <class Visitor>
    u64 for_each_crash_state(const nor_budget& budget, Visitor&& visitor) {
        u64 states = 0;
        bool more = true;
        for (std::size_t index = 0; more && index < point_count(); ++index) {
            states += for_each_crash_state(index, budget,
                                           [&](nor_simulator& medium, const crash_point& seen) {
                                               return more = visit(visitor, medium, seen);
                                           });
        }
        return states;
    }

    u64 count_crash_states(std::size_t index, const nor_budget& budget) {
        return for_each_crash_state(index, budget, [](nor_simulator&, const crash_point&) {});
    }

    // ---- for tests ----

    std::span<std::byte> content() noexcept {
        all_touched_ = true;
        return now_.content;
    }
    std::span<const std::byte> content() const noexcept { return now_.content; }

    // Closed, as the other is, and recording nothing.
    void become(const nor_simulator& other) { hand_out(other, other.now_); }

    u64 double_programs() const noexcept { return double_programs_; }
    u64 out_of_order_programs() const noexcept { return out_of_order_programs_; }
    u32 wear(u32 block) const noexcept { return now_.wear[block]; }
    // Between the block that was erased most and the one that was least.
    u32 wear_spread() const noexcept {
        const auto [least, most] = std::minmax_element(now_.wear.begin(), now_.wear.end());
        return *most - *least;
    }

private:
    static constexpr u64 never = ~u64{0};
    static constexpr u32 erasing = ~u32{0};  // in place of a step's offset

    struct chip {
        std::vector<std::byte> content;
        std::vector<u8> programmed;  // by unit
        std::vector<u32> wear;       // by block
    };
    struct step {
        u32 block = 0;
        u32 offset = 0;
        std::size_t bytes = 0;
        std::size_t pool = 0;
    };

    static constexpr io_status power_is_off() noexcept { return {io_error::failed, -1}; }

    std::size_t at(u32 block, u32 offset) const noexcept {
        return std::size_t{block} * shape_.block_bytes + offset;
    }

    io_status check(u32 block, u32 offset, std::size_t bytes, u32 unit) const noexcept {
        if (cut_) {
            return power_is_off();
        }
        if (!open_) {
            return {io_error::closed};
        }
        if (block >= shape_.block_count || offset > shape_.block_bytes ||
            bytes > shape_.block_bytes - offset || offset % unit != 0 || bytes % unit != 0) {
            return {io_error::out_of_bounds};
        }
        return {};
    }

    io_status begin(u32 block, u32 offset, std::span<const std::byte> from) noexcept {
        if (recording_) {
            steps_.push_back({block, offset, from.size(), pool_.size()});
            pool_.insert(pool_.end(), from.begin(), from.end());
        }
        if (operations_ == cut_after_) {
            cut_ = true;
            return power_is_off();
        }
        ++operations_;
        if (handed_out_) {
            touched_[block] = 1;
        }
        return {};
    }

    // ---- what an operation does to a chip ----

    bool is_erased(const chip& which, std::size_t place) const noexcept {
        const std::byte* unit = which.content.data() + place;
        return which.programmed[place / shape_.write_unit] == 0 &&
               std::all_of(unit, unit + shape_.write_unit,
                           [](std::byte b) { return b == std::byte{0xFF}; });
    }
    void program_unit(chip& which, std::size_t place, const std::byte* from) const noexcept {
        for (u32 i = 0; i < shape_.write_unit; ++i) {
            which.content[place + i] &= from[i];
        }
        which.programmed[place / shape_.write_unit] = 1;
    }
    // `counts_as` is what is remembered of its units.
    void erase_part(chip& which, std::size_t place, std::size_t bytes,
                    u8 counts_as) const noexcept {
        std::fill_n(which.content.begin() + static_cast<std::ptrdiff_t>(place), bytes,
                    std::byte{0xFF});
        std::fill_n(
            which.programmed.begin() + static_cast<std::ptrdiff_t>(place / shape_.write_unit),
            bytes / shape_.write_unit, counts_as);
    }

    void seek(std::size_t index) {
        if (index < position_) {
            base_ = start_;
            position_ = 0;
        }
        for (; position_ < index; ++position_) {
            const step& done = steps_[position_];
            if (done.offset == erasing) {
                erase_part(base_, at(done.block, 0), shape_.block_bytes, 0);
                ++base_.wear[done.block];
            } else {
                for (std::size_t i = 0; i < done.bytes; i += shape_.write_unit) {
                    program_unit(base_, at(done.block, done.offset) + i,
                                 pool_.data() + done.pool + i);
                }
            }
        }
    }

    // ---- what a cut leaves ----

    template <class Show>
    void enumerate(std::size_t index, const nor_budget& budget, nor_simulator& medium, Show show) {
        if (!show() || index >= steps_.size()) {
            return;
        }
        const step& cut = steps_[index];
        numbers random{mixed(budget.seed) ^ index};
        if (cut.offset == erasing) {
            enumerate_erase(cut.block, budget, random, medium, show);
            return;
        }
        for (std::size_t i = 0; i < cut.bytes; i += shape_.write_unit) {
            if (!enumerate_unit(cut, i, budget, random, medium, show)) {
                return;
            }
        }
    }

    template <class Show>
    void enumerate_erase(u32 block, const nor_budget& budget, numbers& random,
                         nor_simulator& medium, Show& show) {
        const std::size_t all = shape_.block_bytes;
        const std::size_t first_half = all / 2 / shape_.write_unit * shape_.write_unit;
        const u8 erased = shape_.weak_erases ? 1 : 0;
        const auto prepare = [&]() -> std::size_t {
            restore(medium);
            medium.touched_[block] = 1;
            ++medium.now_.wear[block];
            return at(block, 0);
        };
        erase_part(medium.now_, prepare(), all, erased);
        if (!show()) {
            return;
        }
        erase_part(medium.now_, prepare(), first_half, erased);
        if (!show()) {
            return;
        }
        erase_part(medium.now_, prepare() + first_half, all - first_half, erased);
        if (!show()) {
            return;
        }
        for (u32 which = 0; which < budget.randoms; ++which) {
            const std::size_t place = prepare();
            erase_part(medium.now_, place, all, 1);
            for (std::size_t i = 0; i < all; ++i) {
                medium.now_.content[place + i] = static_cast<std::byte>(random.next() & 0xFF);
            }
            if (!show()) {
                return;
            }
        }
    }

    template <class Show>
    bool enumerate_unit(const step& cut, std::size_t unit, const nor_budget& budget,
                        numbers& random, nor_simulator& medium, Show& show) {
        const std::size_t place = at(cut.block, cut.offset) + unit;
        const std::byte* data = pool_.data() + cut.pool;
        const std::byte* old = base_.content.data() + place;
        const auto show_bits = [&](auto now) {
            restore(medium);
            medium.touched_[cut.block] = 1;
            for (std::size_t i = 0; i < unit; i += shape_.write_unit) {
                program_unit(medium.now_, place - unit + i, data + i);
            }
            medium.now_.programmed[place / shape_.write_unit] = 1;
            for (u32 i = 0; i < shape_.write_unit; ++i) {
                medium.now_.content[place + i] = now(i);
            }
            return show();
        };

        falling_.clear();
        for (u32 bit = 0; bit < 8 * shape_.write_unit; ++bit) {
            const std::byte mask = std::byte{1} << static_cast<int>(bit % 8);
            if ((old[bit / 8] & ~data[unit + bit / 8] & mask) != std::byte{0}) {
                falling_.push_back(bit);
            }
        }
        if (!falling_.empty() && shape_.weak_units && !show_bits([&](u32 i) { return old[i]; })) {
            return false;
        }
        partials_.clear();
        for (u32 which = 0; which < budget.partials && falling_.size() > 1; ++which) {
            fallen_.assign(old, old + shape_.write_unit);
            u32 count = 0;
            for (u32 i = 0; i < falling_.size(); ++i) {
                if (has_fallen(which, i, random)) {
                    fallen_[falling_[i] / 8] &=
                        ~(std::byte{1} << static_cast<int>(falling_[i] % 8));
                    ++count;
                }
            }
            if (count == 0 || count == falling_.size() ||
                std::find(partials_.begin(), partials_.end(), fallen_) != partials_.end()) {
                continue;
            }
            partials_.push_back(fallen_);
            if (!show_bits([&](u32 i) { return fallen_[i]; })) {
                return false;
            }
        }
        return show_bits([&](u32 i) { return old[i] & data[unit + i]; });
    }

    // Of the bits that are to fall, the i-th in the partial pattern `which`.
    bool has_fallen(u32 which, u32 i, numbers& random) const noexcept {
        const u32 bits = 8 * shape_.write_unit;
        switch (which) {
            case 0: return falling_[i] < bits / 2;
            case 1: return i + 1 < falling_.size();
            case 2: return falling_[i] < bits / 4;
            case 3: return i > 0;
            case 4: return falling_[i] >= bits / 2;
            case 5: return i % 2 == 0;
            case 6: return i == 0;
            default: return random.one_in(2);
        }
    }

    void hand_out(const nor_simulator& like, const chip& with) {
        shape_ = like.shape_;
        valid_ = like.valid_;
        handed_out_ = true;
        now_ = with;
        touched_.resize(shape_.block_count);
        forget_session();
    }

    // Takes back what the visitor did.
    void restore(nor_simulator& medium) {
        for (u32 block = 0; block < shape_.block_count; ++block) {
            if (medium.touched_[block] == 0 && !medium.all_touched_) {
                continue;
            }
            const std::size_t place = at(block, 0);
            std::memcpy(medium.now_.content.data() + place, base_.content.data() + place,
                        shape_.block_bytes);
            const std::size_t units = shape_.block_bytes / shape_.write_unit;
            std::memcpy(medium.now_.programmed.data() + block * units,
                        base_.programmed.data() + block * units, units);
            medium.now_.wear[block] = base_.wear[block];
        }
        medium.forget_session();
    }
    void forget_session() noexcept {
        std::fill(touched_.begin(), touched_.end(), u8{0});
        all_touched_ = false;
        open_ = false;
        recording_ = false;
        cut_ = false;
        cut_after_ = never;
        operations_ = 0;
        double_programs_ = 0;
        out_of_order_programs_ = 0;
    }

    nor_shape shape_;
    bool valid_ = false;
    bool open_ = false;
    bool recording_ = false;
    bool cut_ = false;
    bool handed_out_ = false;   // so touched_ is kept
    bool all_touched_ = false;  // somebody changed the content behind its back
    u64 cut_after_ = never;
    u64 operations_ = 0;
    u64 double_programs_ = 0;
    u64 out_of_order_programs_ = 0;
    chip now_;
    std::vector<u8> touched_;  // by block, since the medium was handed out

    // The recorded run.
    chip start_;
    std::vector<step> steps_;
    std::vector<std::byte> pool_;

    // The point that is being looked at.
    chip base_;
    std::size_t position_ = 0;  // in steps_
    std::vector<u32> falling_;
    std::vector<std::byte> fallen_;
    std::vector<std::vector<std::byte>> partials_;
    std::vector<nor_simulator> scratch_;
};

static_assert(pawl::journal_medium<nor_simulator>);

}  // namespace crash
