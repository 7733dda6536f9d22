// SPDX-License-Identifier: BSL-1.0
//
// disk_simulator: a disk with a volatile cache, and everything that may be on it after a power cut.
//
// What: a journal_medium in memory that records what is done to it. Afterwards, for every moment of
// the run, it shows the contents that a real disk might come back with, each as a medium to recover
// from. See crash_states.hpp for the way of use.
//
// Why not a random crash now and then: the faults that matter need two sectors of one batch in one
// particular order, or one 8-byte unit missing in the middle. All combinations of a small log are
// a few thousand states, and a state costs less than the recovery that is tried on it.
//
// The model:
//   - Content is kept in sectors. program() and erase() make new versions of sectors, in the cache;
//     reading sees the newest. sync() makes the newest version of all durable.
//   - At a cut a sector that was written since the last sync holds any of its versions, the durable
//     one and those in between included, whatever the others hold: only sync() orders.
//   - Or it is torn: of the 8-byte units in which a version differs from the one before it, or from
//     the durable one, some are of the one and some of the other. Any unsynced sector may be, not
//     only those of the last operation: the disk writes when it likes. A unit is never torn in
//     itself.
//   - A sync that fails (fail_sync(), faulty_medium) makes nothing durable, and neither does a
//     later one that succeeds: the system has forgotten that these pages are dirty. Only a sector
//     that is written again after it gets a second chance. Reading still sees the newest.
//   - Erasing is writing zeros, sector by sector.
// Points: before anything, after every operation, and (disk_budget::points_inside) after every
// sector within one. A cut within an operation leaves nothing that a cut after it may not leave as
// well, and requires less, since less has been acknowledged; so these are left out unless a sample
// is to be denser. That a point's states may include those of the point before is the same: more
// is required of them now.
//
// Which states of a point: all products of versions and tears if they are no more than
// `states_max` and the tears of each pair of versions no more than `masks_max`. If they are more,
// half of `states_max` goes to whole versions: all their combinations if these fit, or the states
// in order of writing, each sector alone old, alone new, by address from either end, and random
// ones. Then come tears: everything in order, the last sector up to some unit of it; then every
// tear of one sector with the others in order, old, or new. What is left is random, two torn
// sectors included. A list that does not fit is thinned evenly. The states of a point are distinct
// (by a 64-bit hash), and the same in every run with the same seed.
//
// What is NOT modelled: a sector that cannot be read or reads as garbage, rot (see for_each_flip),
// writes that go astray, a disk that lies about sync, reordering across files and everything of a
// file system (names, directories, sizes), several threads.
//
// Misuse is answered or counted: out_of_bounds for what is beyond a block or not whole write units;
// double_programs() for units that were not erased; out_of_order_programs() for units before one
// that has been programmed since the block's erase (or since the medium was handed out).
//
// Cost: a state costs a copy of the sectors that differ from the last one or were written by the
// visitor, 50 to 200 ns if the visitor does nothing; a point some microseconds more.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

#include <pawl/durability/io_status.hpp>
#include <pawl/durability/journal_medium.hpp>

#include "durability/crash_states.hpp"

namespace crash {

struct disk_shape {
    u32 block_bytes = 1024;  // a multiple of sector_bytes
    u32 block_count = 4;
    u32 sector_bytes =
        64;  // a multiple of 8. Real ones have 512 or 4,096: small ones make more states
    u32 write_unit = 8;
};

struct disk_budget {
    u32 states_max = 4096;       // of one point
    u32 masks_max = 64;          // tears of one sector between two of its versions
    bool points_inside = false;  // also the points within operations
    u64 seed = 1;
};

class disk_simulator {
public:
    static constexpr u32 tear_bytes = 8;

    // Erased, closed, and recording. A shape that is none gives a medium that does not open.
    explicit disk_simulator(disk_shape shape = {}) : shape_{shape} {
        valid_ = shape.sector_bytes != 0 && shape.sector_bytes % tear_bytes == 0 &&
                 shape.block_bytes % shape.sector_bytes == 0 &&
                 pawl::check_geometry(geometry()) == nullptr;
        if (!valid_) {
            return;
        }
        content_.assign(std::size_t{shape.block_bytes} * shape.block_count, std::byte{0});
        highest_.assign(shape.block_count, 0);
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
        return {shape_.write_unit, shape_.block_bytes, shape_.block_count, std::byte{0}};
    }
    io_status read(u32 block, u32 offset, std::span<std::byte> into) noexcept {
        if (const io_status refused = check(block, offset, into.size(), 1); !refused) {
            return refused;
        }
        std::copy_n(content_.begin() + at(block, offset), into.size(), into.begin());
        return {};
    }
    io_status program(u32 block, u32 offset, std::span<const std::byte> from) noexcept {
        if (const io_status refused = check(block, offset, from.size(), shape_.write_unit);
            !refused) {
            return refused;
        }
        count_misuse(block, offset, from.size());
        return write(at(block, offset), from.data(), from.size());
    }
    io_status erase(u32 block) noexcept {
        if (const io_status refused = check(block, 0, shape_.block_bytes, 1); !refused) {
            return refused;
        }
        const io_status done = write(at(block, 0), nullptr, shape_.block_bytes);
        highest_[block] = 0;
        return done;
    }
    io_status sync() noexcept { return flush(sync_mark, {}); }

    // A sync that fails, and what the system makes of it: see above. What faulty_medium calls.
    io_status fail_sync(io_status with = {io_error::failed}) noexcept {
        return flush(failed_sync_mark, with);
    }

    // ---- the run ----

    // Forgets what was recorded; what is there now counts as durable.
    void start_recording() {
        recording_ = true;
        cut_ = false;
        cut_after_ = never;
        operations_ = 0;
        start_ = content_;
        failed_at_ = 0;
        steps_.clear();
        pool_.clear();
        points_.assign(1, {});
        rewind();
    }

    // Programs, erases and syncs since recording began.
    u64 operations() const noexcept { return operations_; }

    // The power goes off after that many operations, and after the first `sectors` of the next one:
    // this and all others fail and do nothing, reading and opening included, and the run can come
    // to its end. After it last_point() is the moment of the cut.
    void cut_after(u64 operations, u32 sectors = 0) noexcept {
        cut_after_ = operations;
        cut_sectors_ = sectors;
    }
    bool is_cut() const noexcept { return cut_; }

    // The power goes off now and comes back: one of the states that this may leave, chosen by the
    // seed, is the content, and recording begins anew. For long random runs.
    void crash(u64 seed, const disk_budget& budget = {}) {
        seek(points_.back());
        make_faces(budget);
        numbers random{seed};
        choice_.assign(dirty_.size(), 0);
        choose_at_random(random, true);
        content_ = base_;
        for (std::size_t i = 0; i < dirty_.size(); ++i) {
            std::memcpy(sector_of(content_, dirty_[i].sector), face(dirty_[i], choice_[i]),
                        shape_.sector_bytes);
        }
        open_ = false;
        highest_.assign(shape_.block_count, 0);
        start_recording();
    }

    std::size_t point_count() const noexcept { return points_.size(); }
    const crash_point& point(std::size_t index) const { return points_[index].seen; }
    const crash_point& last_point() const { return points_.back().seen; }

    // Calls visitor(disk_simulator&, const crash_point&) for the states of one point. The medium is
    // closed and does not record (until start_recording()). The number of states; fewer if the
    // visitor returned false. Not to be called from within a visitor on the same object, but on the
    // one that was handed out.
    template <class Visitor>
    u64 for_each_crash_state(std::size_t index, const disk_budget& budget, Visitor&& visitor) {
        seek(points_[index]);
        make_faces(budget);
        if (scratch_.empty()) {
            scratch_.push_back(disk_simulator{});
        }
        disk_simulator& medium = scratch_.front();
        medium.hand_out(*this, base_);
        shown_.assign(dirty_.size(), 0);  // face 0 is the durable one
        choice_ = shown_;
        u64 states = 0;
        const auto show = [&] {
            for (std::size_t i = 0; i < dirty_.size(); ++i) {
                if (shown_[i] != choice_[i]) {
                    shown_[i] = choice_[i];
                    std::memcpy(sector_of(medium.content_, dirty_[i].sector),
                                face(dirty_[i], choice_[i]), shape_.sector_bytes);
                }
            }
            ++states;
            const bool more = visit(visitor, medium, points_[index].seen);
            restore(medium);
            return more;
        };
        enumerate(budget, show);
        return states;
    }

    // Of all points.
    template <class Visitor>
    u64 for_each_crash_state(const disk_budget& budget, Visitor&& visitor) {
        u64 states = 0;
        bool more = true;
        for (std::size_t index = 0; more && index < points_.size(); ++index) {
            if (points_[index].seen.inside && !budget.points_inside) {
                continue;
            }
            states += for_each_crash_state(index, budget,
                                           [&](disk_simulator& medium, const crash_point& seen) {
                                               return more = visit(visitor, medium, seen);
                                           });
        }
        return states;
    }

    // ---- for tests ----

    std::span<std::byte> content() noexcept {
        all_touched_ = true;
        return content_;
    }
    std::span<const std::byte> content() const noexcept { return content_; }

    // Closed, with the content of the other, which has the same shape, and recording nothing.
    void become(const disk_simulator& other) { hand_out(other, other.content_); }

    u64 double_programs() const noexcept { return double_programs_; }
    u64 out_of_order_programs() const noexcept { return out_of_order_programs_; }

private:
    static constexpr u64 never = ~u64{0};
    static constexpr u32 sync_mark = ~u32{0};  // in place of a step's sector
    static constexpr u32 failed_sync_mark = sync_mark - 1;
    static constexpr u32 not_dirty = ~u32{0};

    // The state of the disk after `steps` of steps_.
    struct point_record {
        crash_point seen;
        std::size_t steps = 0;
    };
    // A sector written since the last sync. Its faces are what it may hold: whole versions from
    // `faces`, the durable one first, then tears.
    struct dirty_sector {
        u32 sector = 0;
        std::vector<u32> steps;          // that wrote it, ascending
        std::vector<u32> version_faces;  // of the durable version, and of every step
        std::size_t faces = 0;           // the first, in faces_
        u32 whole = 0;
        u32 all = 0;
    };
    struct face_record {
        u64 hash = 0;
        u32 step = 0;        // the write that this is, or that is torn; 0 for the durable one
        bool front = false;  // torn, and new from the front up to some unit
    };
    struct write_record {
        u32 step = 0;
        u32 dirty = 0;
        u32 version = 0;
    };

    // ---- running ----

    static constexpr io_status power_is_off() noexcept { return {io_error::failed, -1}; }

    std::ptrdiff_t at(u32 block, u32 offset) const noexcept {
        return static_cast<std::ptrdiff_t>(std::size_t{block} * shape_.block_bytes + offset);
    }
    std::byte* sector_of(std::vector<std::byte>& bytes, u32 sector) const noexcept {
        return bytes.data() + std::size_t{sector} * shape_.sector_bytes;
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

    void count_misuse(u32 block, u32 offset, std::size_t bytes) noexcept {
        const u32 unit = shape_.write_unit;
        const std::byte* here = content_.data() + at(block, offset);
        for (std::size_t from = 0; from < bytes; from += unit) {
            double_programs_ += std::any_of(here + from, here + from + unit,
                                            [](std::byte b) { return b != std::byte{0}; });
        }
        out_of_order_programs_ += offset < highest_[block];
        highest_[block] = std::max(highest_[block], offset + static_cast<u32>(bytes));
    }

    // Zeros if `from` is null.
    io_status write(std::ptrdiff_t where, const std::byte* from, std::size_t bytes) noexcept {
        const bool last = operations_ == cut_after_;
        std::size_t place = static_cast<std::size_t>(where);
        const std::size_t end = place + bytes;
        for (u32 written = 0; place < end; ++written) {
            if (last && written == cut_sectors_) {
                break;
            }
            const std::size_t sector = place / shape_.sector_bytes;
            const std::size_t part = std::min(end, (sector + 1) * shape_.sector_bytes) - place;
            std::byte* here = content_.data() + place;
            if (handed_out_) {
                touched_.push_back(static_cast<u32>(sector));
            }
            if (from == nullptr) {
                std::memset(here, 0, part);
            } else {
                std::memcpy(here, from, part);
                from += part;
            }
            place += part;
            if (recording_ && record(static_cast<u32>(sector)) && (place < end || last)) {
                add_point(true);
            }
        }
        if (last) {
            cut_ = true;
            return power_is_off();
        }
        return finish();
    }

    io_status flush(u32 mark, io_status result) noexcept {
        if (cut_) {
            return power_is_off();
        }
        if (!open_) {
            return {io_error::closed};
        }
        if (operations_ == cut_after_) {
            cut_ = true;
            return power_is_off();
        }
        if (recording_) {
            if (mark == failed_sync_mark) {
                failed_at_ = static_cast<u32>(steps_.size());
            }
            steps_.push_back(mark);
            pool_.resize(pool_.size() + shape_.sector_bytes);
        }
        finish();
        return result;
    }

    io_status finish() noexcept {
        ++operations_;
        if (recording_) {
            add_point(false);
        }
        return {};
    }

    // False if the sector holds what it held before, so that there is no new version.
    bool record(u32 sector) noexcept {
        const u32 newest = newest_[sector];
        const std::byte* before = newest == not_dirty ? sector_of(start_, sector) : step(newest);
        const std::byte* now = sector_of(content_, sector);
        // After a failed sync the same content once more is a second chance, and so a version.
        const bool doubtful = newest != not_dirty && newest < failed_at_;
        if (!doubtful && std::memcmp(before, now, shape_.sector_bytes) == 0) {
            return false;
        }
        newest_[sector] = static_cast<u32>(steps_.size());
        steps_.push_back(sector);
        pool_.insert(pool_.end(), now, now + shape_.sector_bytes);
        return true;
    }
    void add_point(bool inside) {
        points_.push_back({{operations_, points_.size(), inside}, steps_.size()});
    }

    const std::byte* step(u32 index) const noexcept {
        return pool_.data() + std::size_t{index} * shape_.sector_bytes;
    }

    // ---- which sectors are dirty at a point, and what they may hold ----

    void rewind() {
        base_ = start_;
        position_ = 0;
        failed_sync_ = 0;
        dirty_.clear();
        order_.clear();
        const std::size_t sectors = content_.size() / shape_.sector_bytes;
        dirty_of_.assign(sectors, not_dirty);
        if (steps_.empty()) {
            newest_.assign(sectors, not_dirty);
        }
    }

    void seek(const point_record& where) {
        if (where.steps < position_) {
            rewind();
        }
        for (; position_ < where.steps; ++position_) {
            const u32 sector = steps_[position_];
            const u32 now = static_cast<u32>(position_);
            if (sector == sync_mark) {
                settle();
            } else if (sector == failed_sync_mark) {
                failed_sync_ = now;
            } else {
                if (dirty_of_[sector] == not_dirty) {
                    dirty_of_[sector] = static_cast<u32>(dirty_.size());
                    dirty_.emplace_back();
                    dirty_.back().sector = sector;
                }
                const u32 dirty = dirty_of_[sector];
                dirty_[dirty].steps.push_back(now);
                order_.push_back({now, dirty, static_cast<u32>(dirty_[dirty].steps.size())});
            }
        }
    }

    // A sync: what was written before a failed one, and not since, stays in doubt.
    void settle() {
        std::vector<dirty_sector> doubtful;
        for (dirty_sector& each : dirty_) {
            dirty_of_[each.sector] = not_dirty;
            if (each.steps.back() < failed_sync_) {
                dirty_of_[each.sector] = static_cast<u32>(doubtful.size());
                doubtful.push_back(std::move(each));
            } else {
                std::memcpy(sector_of(base_, each.sector), step(each.steps.back()),
                            shape_.sector_bytes);
            }
        }
        dirty_ = std::move(doubtful);
        order_.clear();
        for (u32 dirty = 0; dirty < dirty_.size(); ++dirty) {
            for (u32 version = 0; version < dirty_[dirty].steps.size(); ++version) {
                order_.push_back({dirty_[dirty].steps[version], dirty, version + 1});
            }
        }
        std::sort(order_.begin(), order_.end(),
                  [](const write_record& a, const write_record& b) { return a.step < b.step; });
    }

    const std::byte* face(const dirty_sector& dirty, u32 index) const noexcept {
        return face_bytes_.data() + (dirty.faces + index) * shape_.sector_bytes;
    }

    // The sector is part of the hash, so that the hash of a state is the sum of its faces'.
    u64 hash_of(u32 sector, const std::byte* bytes) const noexcept {
        u64 hash = 0;
        for (u32 at = 0; at < shape_.sector_bytes; at += tear_bytes) {
            u64 word = 0;
            std::memcpy(&word, bytes + at, tear_bytes);
            hash += mixed(word ^ mixed(u64{sector} * shape_.sector_bytes + at + 1));
        }
        return hash;
    }

    // The number of the face in its sector, or of the same one that is there already.
    u32 add_face(dirty_sector& dirty, const std::byte* bytes, u32 step, bool front = false) {
        const u64 hash = hash_of(dirty.sector, bytes);
        if (!faces_seen_.insert(hash)) {
            for (u32 same = 0; same < dirty.all; ++same) {
                if (faces_[dirty.faces + same].hash == hash) {
                    return same;
                }
            }
        }
        faces_.push_back({hash, step, front});
        face_bytes_.insert(face_bytes_.end(), bytes, bytes + shape_.sector_bytes);
        return dirty.all++;
    }

    void make_faces(const disk_budget& budget) {
        numbers random{mixed(budget.seed) ^ position_};
        faces_.clear();
        face_bytes_.clear();
        for (dirty_sector& dirty : dirty_) {
            faces_seen_.clear(256);
            dirty.faces = faces_.size();
            dirty.all = 0;
            dirty.version_faces.clear();
            dirty.version_faces.push_back(add_face(dirty, sector_of(base_, dirty.sector), 0));
            for (const u32 each : dirty.steps) {
                dirty.version_faces.push_back(add_face(dirty, step(each), each));
            }
            dirty.whole = dirty.all;
            // Torn is the write of a version over the one before, or over the durable one if the
            // disk had not written what came between.
            for (std::size_t version = 0; version < dirty.steps.size(); ++version) {
                add_tears(dirty, dirty.version_faces[version], version, budget, random);
                if (version > 0) {
                    add_tears(dirty, 0, version, budget, random);
                }
            }
        }
    }

    void add_tears(dirty_sector& dirty, u32 old_face, std::size_t version,
                   const disk_budget& budget, numbers& random) {
        const u32 written_at = dirty.steps[version];
        const std::byte* now = step(written_at);
        before_.assign(face(dirty, old_face), face(dirty, old_face) + shape_.sector_bytes);
        differing_.clear();
        for (u32 unit = 0; unit < shape_.sector_bytes; unit += tear_bytes) {
            if (std::memcmp(before_.data() + unit, now + unit, tear_bytes) != 0) {
                differing_.push_back(unit);
            }
        }
        const std::size_t units = differing_.size();
        if (units < 2) {
            return;
        }
        const auto add = [&](auto is_new, bool front) {
            torn_ = before_;
            for (std::size_t i = 0; i < units; ++i) {
                if (is_new(i)) {
                    std::memcpy(torn_.data() + differing_[i], now + differing_[i], tear_bytes);
                }
            }
            add_face(dirty, torn_.data(), written_at, front);
        };
        const u64 masks = units < 32 ? (u64{1} << units) - 2 : never;
        if (masks <= budget.masks_max) {
            for (u64 mask = 1; mask <= masks; ++mask) {
                add([mask](std::size_t i) { return (mask >> i & 1) != 0; },
                    (mask & (mask + 1)) == 0);
            }
            return;
        }
        // From the front, from the back, only one, all but one; then any.
        const u64 regular = 4 * u64{units};
        thinner some{regular, std::max<u64>(budget.masks_max / 2, 1)};
        for (u64 which = 0; which < regular; ++which) {
            if (!some.take()) {
                continue;
            }
            const std::size_t cut = static_cast<std::size_t>(which % units);
            switch (which / units) {
                case 0: add([cut](std::size_t i) { return i < cut; }, true); break;
                case 1: add([cut](std::size_t i) { return i >= cut; }, false); break;
                case 2: add([cut](std::size_t i) { return i == cut; }, false); break;
                default: add([cut](std::size_t i) { return i != cut; }, false); break;
            }
        }
        for (u64 left = budget.masks_max - std::min<u64>(regular, budget.masks_max / 2); left > 0;
             --left) {
            add([&random](std::size_t) { return random.one_in(2); }, false);
        }
    }

    // ---- which states ----

    template <class Show>
    void enumerate(const disk_budget& budget, Show& show) {
        const u64 limit = std::max<u64>(budget.states_max, 2);
        if (product(&dirty_sector::all) <= limit) {
            show_all(&dirty_sector::all, show);
            return;
        }
        seen_.clear(limit);
        numbers random{mixed(budget.seed + 1) ^ position_};
        u64 shown = 0;
        bool more = true;
        const auto show_new = [&] {
            u64 hash = 0;
            for (std::size_t i = 0; i < dirty_.size(); ++i) {
                hash += faces_[dirty_[i].faces + choice_[i]].hash;
            }
            if (more && shown < limit && seen_.insert(hash)) {
                ++shown;
                more = show();
            }
            return more && shown < limit;
        };
        const u64 half = limit / 2;
        if (product(&dirty_sector::whole) <= half) {
            show_all(&dirty_sector::whole, show_new);
        } else {
            show_orderly(half, show_new);
            for (u64 tries = 2 * half; tries > 0 && shown < half && more; --tries) {
                choose_at_random(random, false);
                show_new();
            }
        }
        show_torn((limit - std::min(limit, shown)) * 3 / 4, show_new);
        for (u64 tries = 2 * limit; tries > 0 && shown < limit && more; --tries) {
            choose_at_random(random, true);
            show_new();
        }
    }

    u64 product(u32 dirty_sector::*faces) const noexcept {
        u64 all = 1;
        for (const dirty_sector& each : dirty_) {
            all *= each.*faces;
            if (all > 0xFFFF'FFFFU) {
                return never;
            }
        }
        return all;
    }

    // Like an odometer: mostly one sector changes between two states.
    template <class Show>
    void show_all(u32 dirty_sector::*faces, Show& show) {
        std::fill(choice_.begin(), choice_.end(), 0);
        while (show()) {
            std::size_t digit = 0;
            for (; digit < dirty_.size() && ++choice_[digit] == dirty_[digit].*faces; ++digit) {
                choice_[digit] = 0;
            }
            if (digit == dirty_.size()) {
                return;
            }
        }
    }

    void choose_old() { std::fill(choice_.begin(), choice_.end(), 0); }
    void choose_new() {
        for (std::size_t i = 0; i < dirty_.size(); ++i) {
            choice_[i] = dirty_[i].version_faces.back();
        }
    }
    // As if the disk had written everything in order and was cut before this step.
    void choose_in_order(u32 before) {
        choose_old();
        for (const write_record& each : order_) {
            if (each.step >= before) {
                return;
            }
            choice_[each.dirty] = dirty_[each.dirty].version_faces[each.version];
        }
    }

    template <class Show>
    void show_orderly(u64 room, Show& show) {
        u64 versions = 0;
        for (const dirty_sector& each : dirty_) {
            versions += each.whole;
        }
        const u64 total = order_.size() + 1 + 2 * versions + 2 * dirty_.size();
        // The two extremes are there however little room there is.
        choose_old();
        show();
        choose_new();
        show();
        thinner some{total, room};
        for (std::size_t i = 0; i <= order_.size(); ++i) {
            if (some.take()) {
                choose_in_order(i < order_.size() ? order_[i].step : not_dirty);
                show();
            }
        }
        for (std::size_t i = 0; i < dirty_.size(); ++i) {
            for (u32 version = 0; version < dirty_[i].whole; ++version) {
                if (some.take()) {
                    choose_old();
                    choice_[i] = version;
                    show();
                }
                if (some.take()) {
                    choose_new();
                    choice_[i] = version;
                    show();
                }
            }
        }
        by_address_.resize(dirty_.size());
        for (u32 i = 0; i < by_address_.size(); ++i) {
            by_address_[i] = i;
        }
        std::sort(by_address_.begin(), by_address_.end(),
                  [&](u32 a, u32 b) { return dirty_[a].sector < dirty_[b].sector; });
        for (std::size_t i = 0; i < 2 * by_address_.size(); ++i) {
            if (some.take()) {
                const bool low_is_new = i % 2 == 0;
                choose_old();
                for (std::size_t k = 0; k < by_address_.size(); ++k) {
                    if ((k <= i / 2) == low_is_new) {
                        choice_[by_address_[k]] = dirty_[by_address_[k]].version_faces.back();
                    }
                }
                show();
            }
        }
    }

    template <class Show>
    void show_torn(u64 room, Show& show) {
        // First what is most likely: everything in order, and the last sector up to its middle.
        u64 tears = 0;
        u64 fronts = 0;
        for (const dirty_sector& each : dirty_) {
            for (u32 tear = each.whole; tear < each.all; ++tear) {
                ++tears;
                fronts += faces_[each.faces + tear].front;
            }
        }
        thinner first{fronts, room / 2};
        thinner rest{3 * tears, room - std::min(fronts, room / 2)};
        for (std::size_t i = 0; i < dirty_.size(); ++i) {
            for (u32 tear = dirty_[i].whole; tear < dirty_[i].all; ++tear) {
                const face_record& torn = faces_[dirty_[i].faces + tear];
                if (torn.front && first.take()) {
                    choose_in_order(torn.step);
                    choice_[i] = tear;
                    if (!show()) {
                        return;
                    }
                }
            }
        }
        for (std::size_t i = 0; i < dirty_.size(); ++i) {
            for (u32 tear = dirty_[i].whole; tear < dirty_[i].all; ++tear) {
                for (int others = 0; others < 3; ++others) {
                    if (!rest.take()) {
                        continue;
                    }
                    if (others == 0) {
                        choose_in_order(faces_[dirty_[i].faces + tear].step);
                    } else if (others == 1) {
                        choose_old();
                    } else {
                        choose_new();
                    }
                    choice_[i] = tear;
                    if (!show()) {
                        return;
                    }
                }
            }
        }
    }

    // Half of them with everything in order up to some write; then any versions, up to two tears.
    void choose_at_random(numbers& random, bool torn) {
        choose_old();
        if (dirty_.empty()) {
            return;
        }
        u32 settled = 0;
        if (random.one_in(2)) {
            settled = order_[static_cast<std::size_t>(random.below(order_.size()))].step;
            choose_in_order(settled);
        }
        u64 coins = 0;
        for (std::size_t i = 0; i < dirty_.size(); ++i) {
            coins = i % 64 == 0 ? random.next() : coins >> 1;
            if (dirty_[i].steps.back() >= settled && (coins & 1) != 0) {
                choice_[i] = static_cast<u32>(random.below(dirty_[i].whole));
            }
        }
        for (u64 tears = torn ? random.below(3) : 0; tears > 0; --tears) {
            const std::size_t i = static_cast<std::size_t>(random.below(dirty_.size()));
            choice_[i] = static_cast<u32>(random.below(dirty_[i].all));
        }
    }

    void hand_out(const disk_simulator& like, const std::vector<std::byte>& content) {
        shape_ = like.shape_;
        valid_ = like.valid_;
        handed_out_ = true;
        content_ = content;
        highest_.resize(shape_.block_count);
        forget_session();
    }

    // Takes back what the visitor did.
    void restore(disk_simulator& medium) {
        if (medium.all_touched_) {
            medium.touched_.resize(dirty_of_.size());
            for (u32 sector = 0; sector < dirty_of_.size(); ++sector) {
                medium.touched_[sector] = sector;
            }
        }
        for (const u32 sector : medium.touched_) {
            const u32 dirty = dirty_of_[sector];
            const std::byte* from =
                dirty == not_dirty ? sector_of(base_, sector) : face(dirty_[dirty], shown_[dirty]);
            std::memcpy(sector_of(medium.content_, sector), from, shape_.sector_bytes);
        }
        medium.forget_session();
    }
    void forget_session() noexcept {
        std::fill(highest_.begin(), highest_.end(), 0);
        touched_.clear();
        all_touched_ = false;
        open_ = false;
        recording_ = false;
        cut_ = false;
        cut_after_ = never;
        cut_sectors_ = 0;
        operations_ = 0;
        double_programs_ = 0;
        out_of_order_programs_ = 0;
    }

    disk_shape shape_;
    bool valid_ = false;
    bool open_ = false;
    bool recording_ = false;
    bool cut_ = false;
    bool handed_out_ = false;   // so touched_ is kept
    bool all_touched_ = false;  // somebody changed the content behind its back
    u32 cut_sectors_ = 0;
    u64 cut_after_ = never;
    u64 operations_ = 0;
    u64 double_programs_ = 0;
    u64 out_of_order_programs_ = 0;
    std::vector<std::byte> content_;
    std::vector<u32> highest_;  // end of what was programmed, by block
    std::vector<u32> touched_;  // sectors written since the medium was handed out

    // The recorded run: steps are versions of sectors in order of writing, and syncs.
    std::vector<std::byte> start_;
    std::vector<u32> steps_;
    std::vector<std::byte> pool_;  // a sector for each step
    std::vector<u32> newest_;      // step by sector
    u32 failed_at_ = 0;            // step of the last sync that failed
    std::vector<point_record> points_;

    // The point that is being looked at.
    std::size_t position_ = 0;  // in steps_
    u32 failed_sync_ = 0;
    std::vector<std::byte> base_;
    std::vector<dirty_sector> dirty_;
    std::vector<u32> dirty_of_;  // by sector
    std::vector<write_record> order_;
    std::vector<face_record> faces_;
    std::vector<std::byte> face_bytes_;
    seen_hashes faces_seen_;  // of one sector
    seen_hashes seen_;        // of the point
    std::vector<u32> choice_;
    std::vector<u32> shown_;
    std::vector<u32> by_address_;
    std::vector<u32> differing_;
    std::vector<std::byte> before_;
    std::vector<std::byte> torn_;
    std::vector<disk_simulator> scratch_;
};

static_assert(pawl::journal_medium<disk_simulator>);

}  // namespace crash
