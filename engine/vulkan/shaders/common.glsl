// What all shaders share: numbers behind a pointer. A pointer is the address of the first
// number, given in the push constants; there are no descriptors.
#extension GL_EXT_buffer_reference : require
#extension GL_EXT_control_flow_attributes : require

layout(buffer_reference, std430, buffer_reference_align = 4) buffer Floats { float at[]; };
layout(buffer_reference, std430, buffer_reference_align = 4) buffer Ints { int at[]; };
layout(buffer_reference, std430, buffer_reference_align = 16) buffer Vectors { vec4 at[]; };

// Loops over n numbers: one work group of `size` after the other, then on in strides of the
// whole. (gl_WorkGroupSize would be 1 in a file that stands before the layout that sets it.)
int first_number() { return int(gl_GlobalInvocationID.x); }
int all_numbers(int size) { return int(gl_NumWorkGroups.x) * size; }
