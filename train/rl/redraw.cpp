#include "train/rl/redraw.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace qstar::train {

namespace {

void append(PaidEpisodes& to, PaidEpisodes more) {
    std::move(more.episodes.begin(), more.episodes.end(), std::back_inserter(to.episodes));
    std::move(more.rewards.begin(), more.rewards.end(), std::back_inserter(to.rewards));
}

int64_t groups_in(const PaidEpisodes& all) {
    int64_t count = 0;
    for (size_t i = 0; i < all.episodes.size(); ++i)
        count += i == 0 || all.episodes[i].group != all.episodes[i - 1].group;
    return count;
}

} // namespace

PaidEpisodes differing_groups(const PaidEpisodes& all, int first) {
    PaidEpisodes kept;
    for (size_t begin = 0, end = 0; begin < all.episodes.size(); begin = end) {
        while (end < all.episodes.size() && all.episodes[end].group == all.episodes[begin].group)
            ++end;
        const float score = score_of(all.rewards[begin]);
        bool differs = false;
        for (size_t i = begin + 1; i < end; ++i)
            differs = differs || score_of(all.rewards[i]) != score;
        if (!differs) continue;
        for (size_t i = begin; i < end; ++i) {
            kept.episodes.push_back(all.episodes[i]);
            kept.episodes.back().group = first;
            kept.rewards.push_back(all.rewards[i]);
        }
        ++first;
    }
    return kept;
}

PaidEpisodes draw_differing(int64_t groups, int64_t rounds,
                            const std::function<PaidEpisodes(int64_t round, int64_t groups)>& draw,
                            PaidEpisodes& drawn) {
    drawn = draw(0, groups);
    PaidEpisodes kept = differing_groups(drawn);
    const PaidEpisodes first = kept.episodes.empty() ? drawn : PaidEpisodes{};
    for (int64_t round = 1; round <= rounds; ++round) {
        const int64_t have = groups_in(kept);
        if (have >= groups) break;
        PaidEpisodes more = draw(round, groups - have);
        append(kept, differing_groups(more, static_cast<int>(have)));
        append(drawn, std::move(more));
    }
    return kept.episodes.empty() ? first : kept;
}

} // namespace qstar::train
