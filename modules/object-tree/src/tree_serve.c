/*
 * The tree service's requests (tree_serve.h). Every request first becomes a view: the node that the badge
 * stands for and whether it may be changed. Handlers then work on that node only, so a directory handle
 * never reaches above itself.
 *
 * What a lookup gives out are handles derived from those that were bound, with the rights they were bound
 * with. A bound object that has been revoked is passed over as if it were not there.
 */
#include "tree_serve.h"
#include <base/string.h>
#include <object-tree/object_serve.h>

struct view {
	struct tree_service *service;
	struct name_node *node;
	bool is_read_only;
};

static struct view *view_of(void *context)
{
	return ((struct object_instance *)context)->self;
}

/* --- the directory's own methods and properties --- */

static void put_names(struct cbor_writer *w, const struct name_node *node)
{
	struct cbor_mark mark = cbor_open_array(w);
	struct list *pos;

	list_for_each (pos, &node->children) {
		const struct name_node *child = list_entry(pos, struct name_node, siblings);
		cbor_put_text_len(w, child->name, child->name_len);
	}
	cbor_close(w, mark);
}

static status_t run_names(struct object_call *call)
{
	const struct view *view = call->self;

	put_names(&call->result, view->node);
	return OK;
}

static void get_nodes(void *self, struct cbor_writer *out)
{
	cbor_put_uint(out, ((struct view *)self)->service->ns.nodes.count);
}

static void get_writable(void *self, struct cbor_writer *out)
{
	cbor_put_bool(out, !((struct view *)self)->is_read_only);
}

static const struct object_method methods[] = {
	{.name = "names",
         .doc = "The names bound here.",
         .result = "[text]",
         .right = OBJECT_MAY_READ,
         .run = run_names},
};
static const struct object_property properties[] = {
	{"nodes", "Names in the whole tree.", "uint", get_nodes},
	{"writable", "May bindings be changed through this handle?", "bool", get_writable},
};
static const struct object_type directory_type = {
	.name = "directory",
	.doc = "Names bound to objects.",
	.kind = OBJECT_KIND_DIRECTORY,
	.methods = methods,
	.method_count = 1,
	.properties = properties,
	.property_count = 2,
};

/* --- lookup and list --- */

static status_t derive_view(struct tree_service *service, const struct name_node *node,
                            bool is_read_only, handle_t *out)
{
	uint64_t badge = name_node_number(node) << 1 | is_read_only;

	/* A badge of 0 would inherit the endpoint's, which is 0: the whole tree. */
	return sys_handle_derive(service->endpoint, TREE_RIGHTS_PASSED, badge, out);
}

static status_t derive_candidate(const struct view *view, const struct name_candidate *candidate,
                                 handle_t *out)
{
	if (candidate->binding != NULL)
		return sys_handle_derive(candidate->binding->target.object,
		                         candidate->binding->target.rights, 0, out);
	candidate->node->is_pinned = true;
	return derive_view(view->service, candidate->node, view->is_read_only, out);
}

static status_t on_lookup(void *context, uint64_t badge, struct ipc_text path, uint32_t *count,
                          uint32_t *used0, uint32_t *used1, uint32_t *used2, handle_t *c0,
                          handle_t *c1, handle_t *c2)
{
	const struct view *view = view_of(context);
	struct name_candidates found;
	handle_t *const caps[] = {c0, c1, c2};
	uint32_t *const used[] = {used0, used1, used2};
	status_t status = namespace_lookup(&view->service->ns, view->node, path.at, &found);

	(void)badge;
	for (uint32_t i = 0; i < found.count; i++) {
		status = derive_candidate(view, &found.at[i], caps[*count]);
		if (status == OK)
			*used[(*count)++] = found.at[i].used;
		else if (status != E_GONE)
			return status;
	}
	return *count > 0 ? OK : status;
}

static status_t on_list(void *context, uint64_t badge, uint64_t cursor, uint64_t *next,
                        struct ipc_out *entries)
{
	(void)badge;
	return namespace_list(view_of(context)->node, cursor, entries->at, entries->max,
	                      &entries->len, next);
}

/* --- bind and unbind --- */

static status_t describe_target(const struct tree_service *service, handle_t object,
                                uint32_t rights, struct name_target *target)
{
	struct handle_info info;
	status_t status = sys_handle_info(object, &info);

	if (status != OK)
		return status;
	if (info.type != OBJECT_ENDPOINT)
		return E_TYPE;
	*target = (struct name_target){.rights = rights & info.rights & TREE_RIGHTS_PASSED,
	                               .id = info.id,
	                               .badge = info.badge};
	if ((target->rights & RIGHT_CALL) == 0 || (info.rights & RIGHT_DERIVE) == 0)
		return E_ACCESS;
	if (info.id != service->endpoint_id)
		return OK;
	target->view = namespace_node(&service->ns, info.badge >> 1);
	return target->view == NULL ? E_GONE : OK;
}

/* The handle that is kept has no more rights than the binding; the one that came is closed. */
static status_t on_bind(void *context, uint64_t badge, struct ipc_text path, handle_t object,
                        uint32_t rights, uint32_t flags)
{
	const struct view *view = view_of(context);
	struct name_target target;
	status_t status = view->is_read_only
	                          ? E_ACCESS
	                          : describe_target(view->service, object, rights, &target);

	(void)badge;
	if (status != OK)
		return status;
	status = sys_handle_derive(object, target.rights | RIGHT_DERIVE, 0, &target.object);
	if (status != OK)
		return status;
	status = namespace_bind(&view->service->ns, view->node, path.at, &target, flags);
	ipc_close(status == OK ? object : target.object);
	return status;
}

static status_t on_unbind(void *context, uint64_t badge, struct ipc_text path)
{
	const struct view *view = view_of(context);

	(void)badge;
	if (view->is_read_only)
		return E_ACCESS;
	return namespace_unbind(&view->service->ns, view->node, path.at);
}

/* --- watch and subtree --- */

static status_t on_watch(void *context, uint64_t badge, handle_t news, uint64_t bits)
{
	const struct view *view = view_of(context);
	struct handle_info info;
	status_t status = sys_handle_info(news, &info);

	(void)badge;
	if (status != OK)
		return status;
	if (info.type != OBJECT_EVENT || (info.rights & RIGHT_WRITE) == 0)
		return info.type != OBJECT_EVENT ? E_TYPE : E_ACCESS;
	return namespace_watch(&view->service->ns, view->node, news, bits);
}

static status_t on_subtree(void *context, uint64_t badge, struct ipc_text path, uint32_t flags,
                           handle_t *directory)
{
	const struct view *view = view_of(context);
	struct name_node *node;
	bool may_make = (flags & OBJECT_MAKE) != 0;

	(void)badge;
	if ((flags & ~(OBJECT_READ_ONLY | OBJECT_MAKE)) != 0)
		return E_INVAL;
	if (view->is_read_only && may_make)
		return E_ACCESS;
	status_t status = namespace_directory(&view->service->ns, view->node, path.at, may_make,
	                                      &node);
	if (status != OK)
		return status;
	return derive_view(view->service, node,
	                   view->is_read_only || (flags & OBJECT_READ_ONLY) != 0, directory);
}

static const struct object_ops directory_ops = {
	.kind = described_kind,
	.describe = described_describe,
	.call = described_call,
	.get = described_get,
	.subscribe = described_subscribe,
	.lookup = on_lookup,
	.list = on_list,
	.bind = on_bind,
	.unbind = on_unbind,
	.watch = on_watch,
	.subtree = on_subtree,
};

/* --- the service --- */

status_t tree_service_init(struct tree_service *service, handle_t endpoint,
                           const struct namespace_ops *ops)
{
	struct handle_info info;
	uint64_t now;
	status_t status = sys_handle_info(endpoint, &info);

	if (status == OK)
		status = sys_clock_now(&now);
	if (status != OK)
		return status;
	service->endpoint = endpoint;
	service->endpoint_id = info.id;
	return namespace_init(&service->ns, ops, service, now + 1);
}

status_t tree_service_dispatch(struct tree_service *service, struct ipc_message *message,
                               void *page)
{
	struct view view = {.service = service,
	                    .node = namespace_node(&service->ns, message->badge >> 1),
	                    .is_read_only = (message->badge & 1) != 0};
	struct object_instance instance = {
		.type = &directory_type, .self = &view, .granted = OBJECT_MAY_ALL};

	if (view.node == NULL || !view.node->is_pinned)
		return ipc_dispatch_end(message, E_GONE);
	return object_dispatch(&directory_ops, &instance, message, page);
}
