/* SPDX-License-Identifier: MIT */
#include "detach.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

#define NO_PROCESS                                                                                 \
    "cannot start a process to refresh in (the web server may limit them: RLimitNPROC)"

void detach_prepare(void)
{
    int fd;
    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    closefrom(STDERR_FILENO + 1);
}

static bool leave_pipes(void)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0)
        return false;
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (dup2(null, fd) < 0)
            return false;
    }
    (void)close(null);
    return true;
}

/* Threads of a web server block signals, and its children inherit that. */
static void be_killable(void)
{
    const int ending[] = {SIGTERM, SIGINT, SIGHUP};
    sigset_t none;
    for (size_t i = 0; i < sizeof ending / sizeof ending[0]; i++)
        (void)signal(ending[i], SIG_DFL);
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* In the child: returns in the grandchild only. The child's exit status is the errno of what failed. */
static void go_on_in_grandchild(void)
{
    (void)setsid();
    if (!leave_pipes())
        _exit(errno);
    pid_t grandchild = fork();
    if (grandchild != 0)
        _exit(grandchild < 0 ? errno : 0);
    be_killable();
}

/* 0: the grandchild runs; else the child's errno. A web server that ignores SIGCHLD keeps us from knowing. */
static int wait_for_child(pid_t child)
{
    int status = 0;
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR)
            return 0;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : ECHILD;
}

int detach_fork(struct err *err)
{
    pid_t child = fork();
    if (child < 0)
        return err_errno(err, errno, NO_PROCESS);
    if (child == 0) {
        go_on_in_grandchild();
        return 1;
    }
    int error = wait_for_child(child);
    return error ? err_errno(err, error, NO_PROCESS) : 0;
}
