/* SPDX-License-Identifier: MIT */
#include "refresh/schedule.h"
#include "unit.h"

#define ROOMS 20

static const int64_t mark[2] = {5, 6};

/* All rooms are due. */
static void begin(struct schedule *schedule)
{
    assert_int_equal(schedule_init(schedule, ROOMS), 0);
    for (size_t room = 0; room < ROOMS; room++)
        schedule_check(schedule, room);
}

static struct job take(struct schedule *schedule)
{
    struct job job;

    assert_true(schedule_take(schedule, &job));
    return job;
}

static void rooms_that_are_due_are_checked_sixteen_at_a_time(void **state)
{
    struct schedule schedule;
    struct job job;

    (void)state;
    begin(&schedule);
    job = take(&schedule);
    assert_int_equal(job.kind, JOB_CHECK);
    assert_int_equal(job.count, CHECK_ROOMS_MAX);
    assert_int_equal(job.rooms[3], 3);
    assert_int_equal(take(&schedule).count, ROOMS - CHECK_ROOMS_MAX);
    assert_false(schedule_take(&schedule, &job));
    schedule_finish(&schedule);
}

static void a_room_is_taken_once_until_it_is_done(void **state)
{
    struct schedule schedule;
    struct job job;

    (void)state;
    assert_int_equal(schedule_init(&schedule, ROOMS), 0);
    schedule_check(&schedule, 7);
    schedule_check(&schedule, 7);
    assert_int_equal(take(&schedule).count, 1);
    schedule_check(&schedule, 7);
    assert_false(schedule_take(&schedule, &job));
    schedule_done(&schedule, 7);
    schedule_check(&schedule, 7);
    assert_int_equal(take(&schedule).rooms[0], 7);
    schedule_finish(&schedule);
}

static void what_was_checked_is_fetched_before_others_are_checked(void **state)
{
    struct schedule schedule;

    (void)state;
    begin(&schedule);
    (void)take(&schedule);
    schedule_fetch(&schedule, 4, mark);
    struct job job = take(&schedule);
    assert_int_equal(job.kind, JOB_FETCH);
    assert_int_equal(job.rooms[0], 4);
    assert_int_equal(schedule.slots[4].mark[1], 6);
    assert_int_equal(take(&schedule).kind, JOB_CHECK);
    schedule_finish(&schedule);
}

static void a_group_that_failed_is_split_until_the_culprit_is_alone(void **state)
{
    static const size_t sizes[] = {16, 4, 8, 8, 4, 4, 2, 2, 1, 1};
    struct schedule schedule;
    size_t i = 0;

    (void)state;
    begin(&schedule);
    for (struct job job; schedule_take(&schedule, &job); i++) { /* room 0 spoils every group */
        bool is_spoilt = job.rooms[0] == 0 && job.count > 1;
        assert_in_range(i, 0, sizeof sizes / sizeof sizes[0] - 1);
        assert_int_equal(job.count, sizes[i]);
        for (size_t place = 0; place < job.count && !is_spoilt; place++)
            schedule_done(&schedule, job.rooms[place]);
        if (is_spoilt) {
            schedule_halve(&schedule, &job);
            schedule_again(&schedule, &job);
        }
    }
    assert_int_equal(i, sizeof sizes / sizeof sizes[0]);
    schedule_finish(&schedule);
}

static void who_spoilt_a_group_stays_alone_until_it_is_answered(void **state)
{
    struct schedule schedule;

    (void)state;
    assert_int_equal(schedule_init(&schedule, ROOMS), 0);
    schedule.slots[1].group_max = 1;
    for (size_t room = 0; room < 4; room++)
        schedule_check(&schedule, room);
    assert_int_equal(take(&schedule).count, 1);
    assert_int_equal(take(&schedule).rooms[0], 1);
    assert_int_equal(take(&schedule).count, 2);
    for (size_t room = 0; room < 4; room++)
        schedule_done(&schedule, room);
    assert_false(schedule_answered(&schedule, 1));
    for (size_t room = 0; room < 4; room++)
        schedule_check(&schedule, room);
    assert_int_equal(take(&schedule).count, 4);
    schedule_finish(&schedule);
}

static void a_server_that_takes_fewer_folders_teaches_how_many(void **state)
{
    struct schedule schedule;

    (void)state;
    begin(&schedule);
    (void)take(&schedule);
    (void)take(&schedule);
    for (size_t room = 10; room < CHECK_ROOMS_MAX; room++) /* ten were answered */
        assert_true(schedule_recheck(&schedule, room, 10));
    assert_int_equal(take(&schedule).count, 6);
    assert_true(schedule_answered(&schedule, 10));
    assert_int_equal(schedule.group_size, 10);
    assert_false(schedule_answered(&schedule, 11));
    schedule_finish(&schedule);
}

static void who_is_refused_again_is_refused_for_itself(void **state)
{
    struct schedule schedule;

    (void)state;
    begin(&schedule);
    (void)take(&schedule);
    assert_true(schedule_recheck(&schedule, 15, 15));
    assert_false(schedule_recheck(&schedule, 15, 15));
    assert_false(schedule_answered(&schedule, 15));
    assert_int_equal(schedule.group_size, CHECK_ROOMS_MAX);
    schedule_finish(&schedule);
}

static void dropping_empties_the_queues_and_frees_the_rooms(void **state)
{
    struct schedule schedule;

    (void)state;
    begin(&schedule);
    struct job job = take(&schedule);
    schedule_fetch(&schedule, 0, mark);
    schedule_discovery(&schedule);
    schedule_drop(&schedule);
    assert_false(schedule_is_waiting(&schedule));
    assert_false(schedule_is_idle(&schedule)); /* a job is under way */
    assert_false(schedule.slots[0].is_taken);
    assert_true(schedule.slots[1].is_taken);
    assert_false(schedule.slots[ROOMS - 1].is_taken);
    schedule_job_done(&schedule, &job);
    assert_true(schedule_is_idle(&schedule));
    schedule_finish(&schedule);
}

static void room_lists_are_asked_for_first_and_once_at_a_time(void **state)
{
    struct schedule schedule;

    (void)state;
    begin(&schedule);
    schedule_discovery(&schedule);
    struct job job = take(&schedule);
    assert_int_equal(job.kind, JOB_DISCOVER);
    schedule_discovery(&schedule);
    assert_int_equal(take(&schedule).kind, JOB_CHECK);
    schedule_job_done(&schedule, &job);
    schedule_discovery(&schedule);
    assert_int_equal(take(&schedule).kind, JOB_DISCOVER);
    schedule_finish(&schedule);
}

static void what_was_learned_of_a_group_outlives_a_drop(void **state)
{
    struct schedule schedule;

    (void)state;
    begin(&schedule);
    struct job job = take(&schedule);
    schedule_halve(&schedule, &job);
    schedule_again(&schedule, &job);
    schedule_drop(&schedule);
    for (size_t room = 0; room < ROOMS; room++)
        schedule_check(&schedule, room);
    assert_int_equal(take(&schedule).count, CHECK_ROOMS_MAX / 2);
    schedule_finish(&schedule);
}

static void no_rooms_are_no_trouble(void **state)
{
    struct schedule schedule;
    struct job job;

    (void)state;
    assert_int_equal(schedule_init(&schedule, 0), 0);
    assert_false(schedule_take(&schedule, &job));
    schedule_drop(&schedule);
    assert_true(schedule_is_idle(&schedule));
    schedule_finish(&schedule);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rooms_that_are_due_are_checked_sixteen_at_a_time),
        cmocka_unit_test(a_room_is_taken_once_until_it_is_done),
        cmocka_unit_test(what_was_checked_is_fetched_before_others_are_checked),
        cmocka_unit_test(a_group_that_failed_is_split_until_the_culprit_is_alone),
        cmocka_unit_test(who_spoilt_a_group_stays_alone_until_it_is_answered),
        cmocka_unit_test(a_server_that_takes_fewer_folders_teaches_how_many),
        cmocka_unit_test(who_is_refused_again_is_refused_for_itself),
        cmocka_unit_test(dropping_empties_the_queues_and_frees_the_rooms),
        cmocka_unit_test(room_lists_are_asked_for_first_and_once_at_a_time),
        cmocka_unit_test(what_was_learned_of_a_group_outlives_a_drop),
        cmocka_unit_test(no_rooms_are_no_trouble),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
