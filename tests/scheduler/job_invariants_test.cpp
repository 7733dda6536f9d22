// SPDX-License-Identifier: BSL-1.0
// labels: concurrent
//
// The job model on threads: what has to hold whatever the interleaving.
//
// Goal: with several submitters and several workers at once, each job has one end, no limit is
// exceeded, no two jobs of a key run at once, the counters add up, and no slot, callable or key is
// lost.
// Method: random programs on two to five submitting threads beside one to three workers. Hooks
// count each job's beginnings and ends, the jobs themselves count who is inside. At the end
// everything is cancelled, and then every slot can be taken again. What a single thread does
// exactly is job_model_test.
#include "catch.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include <pawl/jobs/job_event.hpp>
#include <pawl/platform/std_platform.hpp>
#include <pawl/scheduler/scheduler.hpp>

#include "jobs/admission_model.hpp"

using namespace std::chrono_literals;

namespace {

using admission_model::numbers;
using pawl::job_id;
using pawl::job_state;
using u32 = std::uint32_t;

constexpr u32 nodes_max = 256;
constexpr u32 generations_max = 1U << 14;
constexpr u32 keys = 5;
constexpr u32 limited_max = 2;

// What hooks and jobs have seen; of one program at a time.
struct witness {
    struct life {
        std::atomic<std::uint8_t> began{0};
        std::atomic<std::uint8_t> ended{0};
    };
    std::unique_ptr<life[]> lives{new life[std::size_t{nodes_max} * generations_max]};
    std::atomic<u32> out_of_range{0};
    std::atomic<u32> illegal{0};
    std::array<std::atomic<u32>, 8> ends{};  // of jobs, by state
    std::array<std::atomic<u32>, keys + 1> inside_key{};
    std::array<std::atomic<u32>, keys + 1> inside_unique{};
    std::atomic<u32> inside_limiter{0};
    std::atomic<u32> inside_queue{0};
    // What was not kept: a key, a unique key, a limiter, a queue's limit.
    std::array<std::atomic<u32>, 4> broken{};
    std::atomic<int> alive{0};  // callables
    std::atomic<u32> refused{0};
    std::atomic<u32> runs{0};
    std::atomic<u32> begun{0};
};
witness* seen = nullptr;

struct hooks {
    static void on_event(const pawl::job_event& event) noexcept {
        if (event.index >= nodes_max || event.generation >= generations_max) {
            ++seen->out_of_range;
            return;
        }
        auto& life = seen->lives[std::size_t{event.index} * generations_max + event.generation];
        const bool ends =
            event.to == job_state::gone || (is_final(event.to) && !is_final(event.from));
        if (event.from == job_state::gone) {
            ++life.began;
            seen->begun += event.queue != pawl::job_event::no_queue ? 1 : 0;
        }
        if (ends) {
            ++life.ended;
            if (event.queue != pawl::job_event::no_queue) {
                ++seen->ends[static_cast<std::size_t>(event.to)];
            }
        }
    }
};
using platform = pawl::hooked<pawl::std_platform, hooks>;

// One more inside, until the end of the scope.
class visitor {
public:
    visitor(u32 what, std::atomic<u32>* place, u32 most) noexcept : place_{place} {
        if (place_ != nullptr && place_->fetch_add(1) + 1 > most) {
            ++seen->broken[what];
        }
    }
    visitor(const visitor&) = delete;
    visitor& operator=(const visitor&) = delete;
    ~visitor() {
        if (place_ != nullptr) {
            --*place_;
        }
    }

private:
    std::atomic<u32>* place_;
};

struct job_marks {
    std::uint8_t key = 0;  // that excludes
    std::uint8_t unique = 0;
    bool limited = false;
    bool in_low_queue = false;
    u32 seed = 0;
};

template <pawl::limits L>
class program {
public:
    using scheduler = pawl::scheduler<L, platform>;
    using options_type = typename scheduler::options_type;

    // `cancels`: jobs are cancelled and replaced, too. A unique job that was cancelled while it
    // runs has lost its key, and another one may run beside it: without, two of a key never do. (A
    // requeued one has no unique key any more.)
    program(u32 seed, u32 submitters, u32 operations, bool cancels)
        : cancels_{cancels}, operations_{operations} {
        seen = &witness_;
        jobs_ = std::make_unique<scheduler>();
        if constexpr (L.limiters.count > 0) {
            jobs_->set_limit("db", {.running_max = limited_max});
        }
        if constexpr (L.queue_control && L.queues.count > 1) {
            jobs_->limit_running("low", 1);
        }
        std::vector<std::thread> threads;
        for (u32 i = 0; i < submitters; ++i) {
            threads.emplace_back([this, i, seed] { submit(seed * 100 + i); });
        }
        for (std::thread& each : threads) {
            each.join();
        }
    }

    // Everything ends, and every slot is there again.
    void settle() {
        ending_ = true;
        // Again and again: a job that is just running may pause a queue, whose cancelled jobs then
        // keep their slots.
        const auto resume_all = [&] {
            if constexpr (L.queue_control) {
                for (u32 queue = 0; queue < L.queues.count; ++queue) {
                    jobs_->resume(pawl::borrowed(L.queues[queue]));
                }
            }
        };
        resume_all();
        u32 patience = 20'000;
        const auto wait = [&] {
            --patience;
            resume_all();
            std::this_thread::sleep_for(1ms);
            return patience != 0;
        };
        const auto left = [&] {
            const pawl::job_counts now = jobs_->counts();
            return now.awaiting + now.scheduled + now.enqueued + now.processing != 0;
        };
        do {
            for (u32 index = 0; index < nodes_max; ++index) {
                cancel_slot(index);
            }
        } while (left() && wait());
        REQUIRE(patience != 0);
        // A failed job that was kept, and one that was requeued, may stay in their slots.
        std::vector<job_id> taken;
        while (taken.size() < L.jobs - L.failed && patience != 0) {
            const job_id id = jobs_->schedule(1h, [] {});
            if (id) {
                taken.push_back(id);
            } else {
                ++witness_.refused;
                wait();
            }
        }
        REQUIRE(patience != 0);
        for (const job_id id : taken) {
            REQUIRE(jobs_->cancel(id));
        }
    }

    void stop_and_check(pawl::stop_mode mode) {
        ending_ = true;
        jobs_->stop(mode);
        const pawl::job_counts counts = jobs_->counts();
        REQUIRE(witness_.broken[0] == 0);
        REQUIRE(witness_.broken[1] == 0);
        REQUIRE(witness_.broken[2] == 0);
        REQUIRE(witness_.broken[3] == 0);
        REQUIRE(witness_.out_of_range == 0);
        REQUIRE(witness_.alive == 0);
        REQUIRE(counts.awaiting + counts.scheduled + counts.enqueued + counts.processing == 0);
        const auto ended = [&](job_state as) {
            return std::uint64_t{witness_.ends[static_cast<std::size_t>(as)].load()};
        };
        REQUIRE(counts.succeeded == ended(job_state::succeeded));
        REQUIRE(counts.failed == ended(job_state::failed));
        REQUIRE(counts.deleted == ended(job_state::deleted));
        REQUIRE(counts.refused == witness_.refused);
        u32 lives = 0;
        u32 wrong = 0;
        for (u32 index = 0; index < L.jobs; ++index) {
            for (u32 generation = 0; generation < generations_max; ++generation) {
                const auto& life =
                    witness_.lives[std::size_t{index} * generations_max + generation];
                lives += life.began;
                wrong += life.began != life.ended || life.began > 1 ? 1U : 0U;
            }
        }
        REQUIRE(wrong == 0);
        REQUIRE(lives == witness_.begun);
        REQUIRE(enough_has_happened());
    }

private:
    class code {
    public:
        code(program* owner, job_marks marks) noexcept : owner_{owner}, marks_{marks} {
            ++seen->alive;
        }
        code(code&& other) noexcept
            : owner_{std::exchange(other.owner_, nullptr)}, marks_{other.marks_} {}
        code& operator=(code&&) = delete;
        ~code() {
            if (owner_ != nullptr) {
                --seen->alive;
            }
        }
        pawl::outcome operator()(pawl::job_context& job) noexcept {
            return owner_->run(job, marks_);
        }

    private:
        program* owner_;
        job_marks marks_;
    };

    pawl::outcome run(pawl::job_context& job, const job_marks& marks) noexcept {
        const visitor at_key{0, marks.key == 0 ? nullptr : &seen->inside_key[marks.key], 1};
        const visitor at_unique{1,
                                marks.unique == 0 || cancels_ || job.requeued()
                                    ? nullptr
                                    : &seen->inside_unique[marks.unique],
                                1};
        const visitor at_limiter{2, marks.limited ? &seen->inside_limiter : nullptr, limited_max};
        const visitor at_queue{3, marks.in_low_queue ? &seen->inside_queue : nullptr, 1};
        numbers random{marks.seed + ++seen->runs};
        random.below(3);
        if (random.one_in(8)) {
            std::this_thread::yield();
        }
        if (ending_.load(std::memory_order_relaxed)) {
            return pawl::outcome::success();
        }
        if (random.one_in(6)) {
            act(random);
        }
        if (random.one_in(12)) {
            auto mine = jobs_->own_batch(job);
            if (mine) {
                add_to(mine, random);
            }
        }
        const u32 luck = random.below(100);
        const auto rest = std::chrono::microseconds{random.below(200)};
        return luck < 60   ? pawl::outcome::success()
               : luck < 70 ? pawl::outcome::retry()
               : luck < 74 ? pawl::outcome::retry_in(rest)
               : luck < 84 ? pawl::outcome::fail()
               : luck < 88 ? pawl::outcome::discard()
               : luck < 94 ? pawl::outcome::snooze(rest)
                           : pawl::outcome::yield(1);
    }

    options_type options(numbers& random, job_marks& marks) {
        options_type result;
        marks.seed = random.below(0x7FFF'FFFF);
        if (!random.one_in(3)) {
            const u32 queue = random.below(L.queues.count);
            result.queue = pawl::borrowed(L.queues[queue]);
            marks.in_low_queue = L.queue_control && L.queues[queue] == "low";
        }
        result.retry = pawl::fixed_backoff(std::chrono::microseconds{random.below(100)})
                           .max_retries(static_cast<std::uint8_t>(random.below(3)));
        if constexpr (L.bands > 1) {
            result.priority = static_cast<std::uint8_t>(random.below(L.bands));
        }
        if constexpr (L.deadlines) {
            if (random.one_in(6)) {
                result.deadline = std::chrono::microseconds{random.below(2'000)};
            }
            if (random.one_in(6)) {
                result.run_at_most = std::chrono::microseconds{random.below(100)};
            }
        }
        if constexpr (L.owners) {
            result.owner = pawl::owner_ref{1 + random.below(3)};
        }
        if constexpr (L.keys > 0) {
            if (random.one_in(3)) {
                const u32 key = 1 + random.below(keys);
                result.key = pawl::key{key};
                result.chain = random.one_in(3);
                result.exclusive = !random.one_in(4);
                marks.key = result.exclusive ? static_cast<std::uint8_t>(key) : 0;
                constexpr pawl::on_busy policies[] = {pawl::on_busy::wait, pawl::on_busy::wait,
                                                      pawl::on_busy::skip, pawl::on_busy::fail,
                                                      pawl::on_busy::replace};
                result.on_busy = policies[random.below(cancels_ ? 5 : 4)];
            }
            if (random.one_in(4)) {
                const u32 unique = 1 + random.below(keys);
                result.unique = pawl::key{unique};
                constexpr pawl::conflict answers[] = {
                    pawl::conflict::reject, pawl::conflict::existing, pawl::conflict::postpone,
                    pawl::conflict::replace};
                result.conflict = answers[random.below(cancels_ ? 4 : 3)];
                if (cancels_ && random.one_in(3)) {
                    result.unique_until = pawl::unique_until::start;
                }
                if (cancels_ && random.one_in(4)) {
                    result.unique_for = std::chrono::microseconds{random.below(3'000)};
                }
                marks.unique = static_cast<std::uint8_t>(unique);
            }
        }
        if constexpr (L.limiters.count > 0) {
            if (random.one_in(3)) {
                marks.limited = random.one_in(2);
                result.limit = marks.limited ? pawl::name{"db"} : pawl::name{"rate"};
            }
        }
        return result;
    }

    // How much that is in so many operations is chance: where workers come to nothing, most are
    // refused.
    [[nodiscard]] bool enough_has_happened() const {
        return witness_.begun > operations_ / 8 && witness_.runs > operations_ / 20;
    }

    void submit(u32 seed) {
        numbers random{seed};
        for (u32 i = 0; i < operations_ || (!enough_has_happened() && i < 100 * operations_); ++i) {
            act(random);
            // So that the workers come to something, too, on few cores.
            if (random.one_in(12) || i >= operations_) {
                std::this_thread::sleep_for(100us);
            }
        }
    }

    // From a submitter, or from inside a job.
    void act(numbers& random) noexcept {
        scheduler& jobs = *jobs_;
        const u32 luck = random.below(100);
        if (luck < 25) {
            job_marks marks;
            const options_type how = options(random, marks);
            remember(random, jobs.enqueue(code{this, marks}, how));
        } else if (luck < 42) {
            job_marks marks;
            const options_type how = options(random, marks);
            remember(random, jobs.schedule(std::chrono::microseconds{random.below(300)},
                                           code{this, marks}, how));
        } else if (luck < 56) {
            job_marks marks;
            options_type how = options(random, marks);
            constexpr pawl::when conditions[] = {pawl::when::success, pawl::when::any,
                                                 pawl::when::failure | pawl::when::deletion};
            how.when = conditions[random.below(3)];
            std::vector<job_id> parents;
            for (u32 count = 1 + random.below(3); count != 0; --count) {
                parents.push_back(some(random));
            }
            remember(random, jobs.then(std::span<const job_id>{parents}, code{this, marks}, how));
        } else if (luck < 60) {
            job_marks marks;
            options_type how = options(random, marks);
            if constexpr (L.keys > 0) {
                how.unique = {};
                marks.unique = 0;
            }
            std::array<job_id, 4> ids{};
            const auto result = jobs.enqueue_n(
                4,
                [&](u32) noexcept {
                    return code{this, marks};
                },
                how, ids);
            if (!result) {
                ++seen->refused;
            }
            keep(random, ids[0]);
        } else if (luck < 66) {
            auto batch = jobs.batch();
            if (!batch) {
                ++seen->refused;
                return;
            }
            keep(random, batch.id());
            add_to(batch, random);
            auto inner = batch.batch();
            if (inner) {
                add_to(inner, random);
                keep(random, inner.id());
            } else {
                ++seen->refused;
            }
        } else if (luck < 76) {
            if (cancels_) {
                jobs.cancel(some(random));
            }
        } else if (luck < 80) {
            if constexpr (L.reschedule) {
                jobs.reschedule(some(random), std::chrono::microseconds{random.below(200)});
            }
        } else if (luck < 85) {
            if constexpr (L.bands > 1) {
                jobs.raise(some(random), random.below(L.bands));
            }
        } else if (luck < 91) {
            if constexpr (L.failed > 0) {
                remember(random,
                         jobs.requeue(some(random), random.one_in(2) ? pawl::attempts::keep
                                                                     : pawl::attempts::anew));
            }
        } else if (luck < 95) {
            if constexpr (L.queue_control) {
                const pawl::name queue = pawl::borrowed(L.queues[random.below(L.queues.count)]);
                if (random.one_in(3)) {
                    jobs.pause(queue);
                } else {
                    jobs.resume(queue);
                }
            }
        } else if (luck < 98) {
            if constexpr (L.limiters.count > 1) {
                jobs.set_limit("rate", {.running_max = random.below(3),
                                        .tokens = random.one_in(2) ? 1 + random.below(4) : 0,
                                        .period = 1ms,
                                        .per_key = false});
            }
        } else if (cancels_) {
            if constexpr (L.owners) {
                jobs.cancel_all(pawl::owner_ref{1 + random.below(3)});
            }
        }
    }
    template <class Batch>
    void add_to(Batch& batch, numbers& random) noexcept {
        for (u32 count = random.below(4); count != 0; --count) {
            job_marks marks;
            const options_type how = options(random, marks);
            remember(random, random.one_in(2)
                                 ? batch.enqueue(code{this, marks}, how)
                                 : batch.schedule(std::chrono::microseconds{random.below(200)},
                                                  code{this, marks}, how));
        }
    }

    // ---- Handles that all threads use -----------------------------------------------------------

    static job_id id_of(std::uint64_t value) {
        return {static_cast<u32>(value), static_cast<u32>(value >> 32)};
    }
    void remember(numbers& random, job_id id) noexcept {
        if (id) {
            keep(random, id);
        } else {
            ++seen->refused;
        }
    }
    void keep(numbers& random, job_id id) noexcept {
        if (id) {
            everything_[random.below(static_cast<u32>(everything_.size()))] = id.value();
        }
    }
    // One that there is, or was; for then() that is an answer in any case.
    job_id some(numbers& random) const noexcept {
        const std::uint64_t value = everything_[random.below(static_cast<u32>(everything_.size()))];
        return value == 0 ? job_id{0, 1} : id_of(value);
    }
    // Whatever is in a slot, as far as generations go.
    void cancel_slot(u32 index) {
        for (u32 generation = generations_max - 1; generation != 0; --generation) {
            const auto& life = witness_.lives[std::size_t{index} * generations_max + generation];
            if (life.began != 0) {
                jobs_->cancel(job_id{index, generation});
                return;
            }
        }
    }

    bool cancels_;
    u32 operations_;
    witness witness_ = {};
    std::array<std::atomic<std::uint64_t>, 64> everything_{};
    std::atomic<bool> ending_{false};
    std::unique_ptr<scheduler> jobs_ = {};
};

constexpr pawl::limits lean{.jobs = 24, .edges = 24, .batches = 4, .recurring = 0, .workers = 2};
constexpr pawl::limits queues{.jobs = 48,
                              .edges = 48,
                              .batches = 4,
                              .recurring = 0,
                              .workers = 3,
                              .queues = {"critical", "default", "low"},
                              .bands = 3,
                              .starvation_bound = 20,
                              .queue_control = true,
                              .slices = true,
                              .reschedule = true,
                              .owners = true};
constexpr pawl::limits keyed{.jobs = 48,
                             .edges = 48,
                             .batches = 4,
                             .recurring = 0,
                             .workers = 3,
                             .queues = {"default", "low"},
                             .queue_control = true,
                             .slices = true,
                             .reschedule = true,
                             .deadlines = true,
                             .failed = 6,
                             .keys = 24,
                             .limiters = {"db", "rate"}};
constexpr pawl::limits everything{.jobs = 32,
                                  .edges = 32,
                                  .batches = 4,
                                  .recurring = 0,
                                  .workers = 3,
                                  .queues = {"critical", "default", "low"},
                                  .weights = {3, 2, 1},
                                  .bands = 2,
                                  .starvation_bound = 12,
                                  .queue_control = true,
                                  .slices = true,
                                  .reschedule = true,
                                  .deadlines = true,
                                  .times = true,
                                  .owners = true,
                                  .failed = 4,
                                  .keys = 24,
                                  .limiters = {"db", "rate"}};

template <pawl::limits L>
void check(u32 seed, u32 submitters, bool cancels, bool settles, pawl::stop_mode mode) {
    CAPTURE(seed, submitters, cancels, settles);
    constexpr u32 operations = 1'500;
    const auto one = std::make_unique<program<L>>(seed, submitters, operations, cancels);
    if (settles) {
        one->settle();
    }
    one->stop_and_check(mode);
}
template <pawl::limits L>
void check_all() {
    check<L>(1, 2, true, true, pawl::finish);
    check<L>(2, 4, false, true, pawl::drain);
    check<L>(3, 5, true, false, pawl::drain);
    check<L>(4, 3, true, false, pawl::abandon);
}

}  // namespace

TEST_CASE("job invariants: lean") { check_all<lean>(); }
TEST_CASE("job invariants: queues, bands, owners") { check_all<queues>(); }
TEST_CASE("job invariants: keys, limiters, failed jobs") { check_all<keyed>(); }
TEST_CASE("job invariants: everything") { check_all<everything>(); }
