/* The net module has no code yet. */
extern int net_module_is_empty;
int net_module_is_empty;
