// Several jobs at once: enqueue_n.
//
// Goal: all of them are accepted or none, in order, with one wake for each sleeper at most, and a
// scheduler that stops meanwhile neither loses nor doubles one. Method: virtual time for what a
// caller sees; a platform that counts wakes; for the stop, callables that stop the scheduler while
// they are being made, which is the worst moment of all.
#include "catch.hpp"

#include <chrono>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <pawl/pawl.hpp>

using namespace std::chrono_literals;

namespace {

constexpr std::uint32_t slots = 40;
constexpr pawl::limits small{.jobs = slots,
                             .batches = 2,
                             .workers = 0,
                             .queues = {"critical", "default"},
                             .bands = 2,
                             .keys = 4,
                             .limiters = {"db"}};
using scheduler = pawl::scheduler<small, pawl::manual_platform>;

// Makes jobs, and counts how many it made, how many ran, and how many live.
struct maker {
    int made = 0;
    int lives = 0;
    std::string order;

    class job {
    public:
        job(maker& from, std::uint32_t number) noexcept : from_{&from}, number_{number} {
            ++from_->lives;
        }
        job(job&& other) noexcept
            : from_{std::exchange(other.from_, nullptr)}, number_{other.number_} {}
        job& operator=(job&&) = delete;
        ~job() { from_ == nullptr ? 0 : --from_->lives; }
        void operator()() const { from_->order += static_cast<char>('a' + number_); }

    private:
        maker* from_;
        std::uint32_t number_;
    };
    auto operator()(std::uint32_t number) noexcept {
        ++made;
        return job{*this, number};
    }
};

}  // namespace

TEST_CASE("enqueue_n: all of them, in order, with their handles (row 96)") {
    scheduler jobs;
    maker make;
    pawl::job_id ids[5];
    const pawl::bulk_result result =
        jobs.enqueue_n(4, make, {.name = "part", .queue = "critical"}, ids);
    REQUIRE(result);
    REQUIRE(result.count == 4);
    REQUIRE(make.made == 4);
    std::set<std::uint32_t> places;
    for (int i = 0; i < 4; ++i) {
        REQUIRE(jobs.state(ids[i]) == pawl::job_state::enqueued);
        REQUIRE(jobs.info(ids[i])->called.view() == "part");
        places.insert(ids[i].index());
    }
    REQUIRE(places.size() == 4);
    REQUIRE_FALSE(ids[4]);
    REQUIRE(jobs.cancel(ids[2]));
    REQUIRE(jobs.poll().ran == 3);
    REQUIRE(make.order == "abd");
    REQUIRE(make.lives == 0);
    REQUIRE(jobs.state(ids[3]) == pawl::job_state::succeeded);
}

TEST_CASE("enqueue_n: handles go as far as there is room for them, and may be left out") {
    scheduler jobs;
    maker make;
    pawl::job_id ids[3];
    REQUIRE(jobs.enqueue_n(9, make, {}, std::span{ids}.first(2)));
    REQUIRE(ids[1]);
    REQUIRE_FALSE(ids[2]);
    REQUIRE(jobs.enqueue_n(9, make));
    jobs.poll();
    REQUIRE(make.order == "abcdefghiabcdefghi");
}

TEST_CASE("enqueue_n: more than there is room for are none, and nothing was made (row 96)") {
    scheduler jobs;
    maker make;
    jobs.enqueue([] {});
    const pawl::bulk_result result = jobs.enqueue_n(slots, make);
    REQUIRE_FALSE(result);
    REQUIRE(result.error() == pawl::submit_error::full);
    REQUIRE(result.count == 0);
    REQUIRE(make.made == 0);
    REQUIRE(jobs.counts().enqueued == 1);
    REQUIRE(jobs.counts().refused == 1);
    // What was reserved is free again: exactly as many as there are.
    REQUIRE(jobs.enqueue_n(slots - 1, make));
    REQUIRE(jobs.enqueue([] {}).error() == pawl::submit_error::full);
    jobs.poll();
    REQUIRE(jobs.enqueue_n(slots, make));
    jobs.poll();
    REQUIRE(make.lives == 0);
}

TEST_CASE("enqueue_n: none at all is all of them") {
    scheduler jobs;
    maker make;
    REQUIRE(jobs.enqueue_n(0, make));
    REQUIRE(make.made == 0);
    REQUIRE_FALSE(jobs.poll().more);
    REQUIRE(jobs.enqueue_n(slots, make));
}

TEST_CASE("enqueue_n: an option that cannot be met refuses all, as for one job") {
    scheduler jobs;
    maker make;
    const auto refused = [&](scheduler::options_type options) {
        const auto result = jobs.enqueue_n(2, make, options);
        REQUIRE(result.count == 0);
        return result.error();
    };
    REQUIRE(refused({.queue = "nope"}) == pawl::submit_error::unknown_queue);
    REQUIRE(refused({.unique = pawl::key{1}}) == pawl::submit_error::bad_option);
    REQUIRE(refused({.limit = "nope"}) == pawl::submit_error::unknown_limiter);
    REQUIRE(jobs.counts().refused == 3);
    jobs.stop(pawl::finish);
    REQUIRE(refused({}) == pawl::submit_error::stopped);
    REQUIRE(make.made == 0);
}

TEST_CASE("enqueue_n: options are those of each: a band, a key") {
    scheduler jobs;
    maker low;
    maker high;
    std::string& order = low.order;
    REQUIRE(jobs.enqueue_n(2, low));
    REQUIRE(jobs.enqueue_n(2, [&](std::uint32_t) { return [&] { order += '+'; }; },
                           {.priority = 1, .key = pawl::key{7}}));
    jobs.poll();
    REQUIRE(order == "++ab");
}

TEST_CASE("enqueue_n: into a batch, all members or none, a refusal is a failure of the batch") {
    scheduler jobs;
    maker make;
    auto batch = jobs.batch();
    REQUIRE(batch.enqueue_n(3, make));
    const pawl::job_id id = batch.seal();
    REQUIRE(batch.enqueue_n(1, make).error() == pawl::submit_error::sealed);
    jobs.poll();
    REQUIRE(jobs.state(id) == pawl::job_state::succeeded);

    auto tight = jobs.batch();
    REQUIRE_FALSE(tight.enqueue_n(slots + 1, make));
    REQUIRE(tight.enqueue_n(2, make));
    const pawl::job_id failed = tight.seal();
    jobs.poll();
    REQUIRE(jobs.state(failed) == pawl::job_state::failed);
    REQUIRE(make.lives == 0);
}

TEST_CASE("enqueue_n: a stop meanwhile loses none and runs none of those that it took back") {
    constexpr std::uint32_t count = 35;  // more than are looked after together
    for (std::uint32_t when = 0; when < count; ++when) {
        scheduler jobs;
        maker make;
        std::vector<pawl::job_id> ids(count);
        const auto result = jobs.enqueue_n(
            count,
            [&](std::uint32_t number) {
                if (number == when) {
                    REQUIRE(jobs.stop(pawl::finish).status == pawl::stop_status::stopped);
                }
                return make(number);
            },
            {}, ids);
        REQUIRE(result.error() == pawl::submit_error::stopped);
        REQUIRE(make.lives == 0);
        REQUIRE(make.order.empty());
        for (const pawl::job_id id : ids) {
            REQUIRE(jobs.state(id) == pawl::job_state::deleted);
        }
    }
}
