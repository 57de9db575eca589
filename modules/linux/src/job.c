/*
 * Starting programs from outside. The server's thread makes the task and its descriptors; the task's own
 * thread finds the program and changes over to it, as exec does, so that all that may wait happens there.
 * The record lives until its status has been told.
 */
#include "job.h"
#include <base/string.h>
#include <libanon/heap.h>
#include <libanon/log.h>
#include "exec.h"
#include "exit.h"
#include "file_api.h"
#include "fork.h"
#include "lock.h"
#include "syscall.h"
#include "task_table.h"

#define JOBS_MAX 256
#define EXIT_NOT_EXECUTABLE 126
#define EXIT_NOT_FOUND 127
#define PATH_DEFAULT "/bin:/sbin:/usr/bin:/usr/sbin"
#define PROGRAM_PATH_BYTES 512

struct job {
	struct job *next;      /* [job_lock] */
	uint32_t number;       /* [I] */
	int32_t pid;           /* [I] */
	uint32_t flags;        /* [I] */
	enum job_state state;  /* [job_lock] */
	uint32_t code;         /* [job_lock] */
	handle_t ended;        /* [job_lock] */
	uint64_t bits;         /* [job_lock] */
	bool is_not_started;   /* by the job's own thread, before it ends */
	bool is_console;       /* [I] */
	char *cwd;             /* [I] */
	char *program;         /* [I] a path, or a name to look for */
	struct exec_args args; /* by the job's own thread */
};

static struct mutex job_lock = MUTEX_RANKED(RANK_CONTAINER);
static struct job *jobs;                /* [job_lock] */
static uint32_t job_count, last_number; /* [job_lock] */

/* --- records --- */

static void job_free(struct job *job)
{
	exec_strings_free(&job->args.arguments);
	exec_strings_free(&job->args.environment);
	if (job->ended.value)
		sys_handle_close(job->ended);
	heap_free(job->cwd);
	heap_free(job->program);
	heap_free(job);
}

static int64_t take_strings(struct exec_args *args, const struct job_request *request)
{
	const char *at = request->strings;
	const char *end = at + request->strings_bytes;
	int64_t error = 0;

	if (request->strings_bytes == 0 || end[-1] != 0 || request->argc == 0)
		return -EINVAL;
	for (uint32_t i = 0; at < end && error == 0; i++) {
		error = exec_strings_add(i < request->argc ? &args->arguments : &args->environment,
		                         at);
		at += strlen(at) + 1;
	}
	return error == 0 && args->arguments.count < request->argc ? -EINVAL : error;
}

/* The first argument of a login shell is its name behind a '-'. */
static int64_t name_login_shell(struct job *job)
{
	char name[PROGRAM_PATH_BYTES] = "-";
	const char *slash = strrchr(job->program, '/');

	if (!string_copy(name + 1, slash ? slash + 1 : job->program, sizeof(name) - 1))
		return -EINVAL;
	exec_strings_drop_first(&job->args.arguments);
	return exec_strings_prepend(&job->args.arguments, name);
}

static int64_t take_program(struct job *job)
{
	job->program = heap_strdup(job->args.arguments.text);
	if (!job->program)
		return -ENOMEM;
	return job->flags & JOB_IS_LOGIN ? name_login_shell(job) : 0;
}

static struct job *job_new(const struct job_request *request, status_t *out_status)
{
	struct job *job = heap_zalloc(sizeof(*job));

	*out_status = E_NOMEM;
	if (!job)
		return 0;
	job->flags = request->flags;
	job->bits = request->bits;
	job->cwd = heap_strdup(request->cwd);
	int64_t error = job->cwd ? take_strings(&job->args, request) : -ENOMEM;

	if (error == 0)
		error = take_program(job);
	if (error == 0)
		return job;
	*out_status = error == -EINVAL ? E_INVAL : E_NOMEM;
	job_free(job);
	return 0;
}

static status_t job_link(struct job *job)
{
	mutex_lock(&job_lock);
	bool has_room = job_count < JOBS_MAX;

	if (has_room) {
		job->number = ++last_number;
		job->next = jobs;
		jobs = job;
		job_count++;
	}
	mutex_unlock(&job_lock);
	return has_room ? OK : E_LIMIT;
}

static struct job *find_locked(uint32_t number)
{
	struct job *job = jobs;

	while (job && job->number != number)
		job = job->next;
	return job;
}

static void unlink_locked(struct job *job)
{
	struct job **at = &jobs;

	while (*at != job)
		at = &(*at)->next;
	*at = job->next;
	job_count--;
}

static void job_forget(struct job *job)
{
	mutex_lock(&job_lock);
	unlink_locked(job);
	mutex_unlock(&job_lock);
	job_free(job);
}

/* --- in the job's own thread --- */

static const char *search_path(const struct exec_strings *environment)
{
	const char *text = environment->text;

	for (uint32_t i = 0; i < environment->count; i++) {
		if (strncmp(text, "PATH=", 5) == 0)
			return text + 5;
		text += strlen(text) + 1;
	}
	return PATH_DEFAULT;
}

/* Tries each directory of the path; the first refusal other than "not there" is remembered. */
static int64_t exec_by_path(struct task *task, struct exec_args *args, const char *name)
{
	const char *path = search_path(&args->environment);
	int64_t result = -ENOENT;
	char candidate[PROGRAM_PATH_BYTES];

	while (*path) {
		const char *colon = strchr(path, ':');
		size_t len = colon ? (size_t)(colon - path) : strlen(path);

		if (len + 1 + strlen(name) < sizeof(candidate)) {
			memcpy(candidate, path, len);
			candidate[len] = '/';
			string_copy(candidate + len + 1, name, sizeof(candidate) - len - 1);
			int64_t one = exec_file(task, candidate, args);

			if (one == 0)
				return 0;
			if (one != -ENOENT && one != -ENOTDIR)
				result = one;
		}
		path += len + (colon != 0);
	}
	return result;
}

/* Who logs in without a home directory begins at the root. */
static int64_t enter_directory(struct task *task, const struct job *job)
{
	int64_t result = job->cwd[0] ? fs_chdir(task, job->cwd) : 0;

	return job->flags & JOB_IS_LOGIN ? 0 : result;
}

static int64_t exec_job(struct task *task, struct job *job)
{
	int64_t result = enter_directory(task, job);

	if (result != 0)
		return result;
	return strchr(job->program, '/') ? exec_file(task, job->program, &job->args)
	                                 : exec_by_path(task, &job->args, job->program);
}

static int64_t job_first(struct task *task)
{
	struct job *job = task->process->job;
	int64_t result = job->is_not_started ? -EIO : exec_job(task, job);

	if (result != 0)
		log_warn("%s cannot be started: errno %d", job->program, (int)-result);
	exec_strings_free(&job->args.arguments);
	exec_strings_free(&job->args.environment);
	if (result != 0) {
		job->is_not_started = true;
		exit_group(task, (result == -ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE) << 8);
	}
	return 0;
}

/* --- making the task --- */

static void set_user(struct task *task, const struct job_request *request)
{
	struct cred *cred = &task->cred;

	cred->uid = cred->euid = cred->suid = cred->fsuid = request->uid;
	cred->gid = cred->egid = cred->sgid = cred->fsgid = request->gid;
	if (request->uid != 0)
		cred->cap_effective = cred->cap_permitted = 0;
}

/* Opens the three descriptors. A stream's handle is used up, opened or not. */
static int64_t open_streams(struct task *task, const struct job_request *request)
{
	struct file *console = 0;
	int64_t result = 0;

	for (int fd = 0; fd < 3; fd++) {
		bool is_console = request->streams[fd].value == 0;
		struct file *file = 0;

		if (is_console && !console)
			console = console_open(task);
		if (is_console && console)
			file_get(file = console);
		else if (!is_console)
			file = stream_open(request->streams[fd], fd != 0);
		if (file && files_install(task->files, file, fd) < 0)
			result = -ENOMEM;
		else if (!file)
			result = -EIO;
	}
	if (console)
		file_put(console);
	return result;
}

static status_t start_task(struct job *job, const struct job_request *request)
{
	struct task *task = task_create_first(job);

	if (!task)
		return E_NOMEM;
	job->pid = task->tid;
	set_user(task, request);
	task->files = files_create();
	task->fs = fs_create();
	string_copy(task->name, "start", sizeof(task->name));
	if (!task->files || !task->fs) {
		task_discard(task);
		return E_NOMEM;
	}
	/* From here on the streams belong to the job, whatever happens. */
	job->ended = request->ended;
	if (open_streams(task, request) != 0)
		job->is_not_started = true;
	if (task_start(task, job_first) == 0)
		return OK;
	job->is_not_started = true;
	job_ended(job, EXIT_NOT_EXECUTABLE << 8);
	return OK;
}

/* --- the login shell: there is one --- */

static struct job *find_login_locked(void)
{
	struct job *job = jobs;

	while (job && !(job->flags & JOB_IS_LOGIN))
		job = job->next;
	return job;
}

/*
 * Whoever had started the running login shell is gone when another start is asked for: the request is about that
 * shell. One that has ended, and whose end nobody was told, is forgotten.
 */
static bool adopt_login(const struct job_request *request, uint32_t *out_number)
{
	mutex_lock(&job_lock);
	struct job *job = find_login_locked();
	bool is_running = job && job->state == JOB_RUNNING;
	handle_t unused = is_running ? job->ended : HANDLE_NONE;

	if (is_running) {
		job->ended = request->ended;
		job->bits = request->bits;
		*out_number = job->number;
	} else if (job) {
		unlink_locked(job);
	}
	mutex_unlock(&job_lock);
	if (!handle_is_none(unused))
		sys_handle_close(unused);
	if (job && !is_running)
		job_free(job);
	return is_running;
}

status_t job_start(const struct job_request *request, uint32_t *out_number)
{
	status_t status;

	if (request->flags & JOB_IS_LOGIN && adopt_login(request, out_number))
		return OK;
	struct job *job = job_new(request, &status);

	if (!job)
		return status;
	status = job_link(job);
	if (status != OK) {
		job_free(job);
		return status;
	}
	*out_number = job->number;
	status = start_task(job, request);
	if (status != OK)
		job_forget(job);
	return status;
}

/* --- the end --- */

void job_ended(struct job *job, int32_t status)
{
	bool is_killed = (status & 0x7f) != 0;

	if (job->flags & JOB_ENDS_GROUP)
		signal_send_group(job->pid, SIGHUP);
	mutex_lock(&job_lock);
	job->state = job->is_not_started ? JOB_NOT_STARTED : is_killed ? JOB_KILLED : JOB_EXITED;
	job->code = is_killed ? (uint32_t)status & 0x7f : (uint32_t)status >> 8 & 0xff;
	if (job->ended.value)
		sys_event_signal(job->ended, job->bits);
	mutex_unlock(&job_lock);
}

status_t job_status(uint32_t number, enum job_state *out_state, uint32_t *out_code)
{
	mutex_lock(&job_lock);
	struct job *job = find_locked(number);
	bool is_over = job && job->state != JOB_RUNNING;

	if (job) {
		*out_state = job->state;
		*out_code = job->code;
	}
	if (is_over)
		unlink_locked(job);
	mutex_unlock(&job_lock);
	if (is_over)
		job_free(job);
	return job ? OK : E_NOENT;
}

status_t job_signal(uint32_t number, int signal)
{
	mutex_lock(&job_lock);
	struct job *job = find_locked(number);
	int32_t pid = job ? job->pid : 0;

	mutex_unlock(&job_lock);
	if (signal < 1 || signal > SIGNAL_COUNT)
		return E_INVAL;
	return pid != 0 && signal_send_group(pid, signal) == 0 ? OK : E_NOENT;
}
