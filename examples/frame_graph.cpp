// SPDX-License-Identifier: BSL-1.0
//
// The frames of a game: a graph that is built once and run for each frame, on the workers and the
// main thread, which takes part while it waits. What has to happen on the main thread is posted
// there, and gets at most 2 ms of each frame.
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <string_view>
#include <vector>

#include <pawl/execution/graph_text.hpp>
#include <pawl/pawl.hpp>

namespace {

using namespace std::chrono_literals;

pawl::scheduler<pawl::limits{.workers = 2}> jobs;

std::vector<float> particles(100'000, 1.0F);
int frames_read = 0;
int frames_stepped = 0;
int frames_mixed = 0;
int frames_drawn = 0;
int textures_uploaded = 0;

void read_input() { ++frames_read; }
void step_physics() {
    pawl::parallel_for(jobs.pool(), std::size_t{0}, particles.size(),
                       [](std::size_t i) { particles[i] *= 0.5F; });
    ++frames_stepped;
}
void mix_audio() { ++frames_mixed; }
void render() {
    ++frames_drawn;
    if (frames_drawn % 10 == 0) {
        // The graphics driver wants this one on the main thread.
        jobs.pool().post([] { ++textures_uploaded; }, {.on = pawl::main_thread});
    }
}

void say(std::string_view text) { std::printf("%.*s", static_cast<int>(text.size()), text.data()); }

// A graph that is known beforehand can be checked by the compiler: a wrong name, or a cycle, does
// not compile.
constexpr pawl::graph_shape loading_shape{
    {"read", "unpack", "decode", "upload"},
    {{"read", "unpack"}, {"read", "decode"}, {"unpack", "upload"}, {"decode", "upload"}}};

}  // namespace

int main() {
    int loaded = 0;
    pawl::graph loading{loading_shape, [] {}, [] {}, [] {}, [&loaded] { ++loaded; }};
    if (jobs.run(loading).wait() != pawl::graph_outcome::succeeded || loaded != 1) {
        return 1;
    }

    pawl::graph<16, 32> frame;  // 16 nodes, 32 edges
    auto input = frame.add(read_input, "input");
    auto physics = frame.add(step_physics, "physics").after(input);
    auto audio = frame.add(mix_audio, "audio").after(input);
    frame.add(render, "render").after(physics, audio);

    for (int i = 0; i < 60; ++i) {
        if (jobs.run(frame).wait() != pawl::graph_outcome::succeeded) {
            return 1;
        }
        jobs.poll(2ms);
    }
    std::printf("%d read, %d stepped, %d mixed, %d drawn, %d uploaded\n", frames_read,
                frames_stepped, frames_mixed, frames_drawn, textures_uploaded);

    // What is built at run time is checked when it is first run.
    pawl::graph<2, 2> wrong;
    auto hen = wrong.add([] {}, "hen");
    auto egg = wrong.add([] {}, "egg").after(hen);
    hen.after(egg);
    const pawl::graph_run refused = jobs.run(wrong);
    char memory[512];
    pawl::text_buffer cycle{memory};
    pawl::write_cycle(wrong, cycle);
    say(to_string(refused.error()));
    say(": ");
    say(cycle.view());
    say("\n");

    pawl::text_buffer drawing{memory};
    pawl::write_dot(frame, drawing);
    say(drawing.view());
    jobs.stop(pawl::drain);
    return 0;
}
