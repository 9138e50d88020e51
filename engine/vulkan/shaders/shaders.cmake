# Each shader becomes an array of SPIR-V in the program (engine/vulkan/gpu/shaders.h). Without
# Vulkan the folder is left out, and absent.cpp stands in its place.

get_target_property(sources qstar_engine SOURCES)
if(NOT QSTAR_WITH_VULKAN)
  list(FILTER sources EXCLUDE REGEX "/engine/vulkan/")
  list(APPEND sources ${CMAKE_SOURCE_DIR}/engine/vulkan/absent.cpp)
  set_target_properties(qstar_engine PROPERTIES SOURCES "${sources}")
  return()
endif()
list(FILTER sources EXCLUDE REGEX "/engine/vulkan/absent.cpp")
set_target_properties(qstar_engine PROPERTIES SOURCES "${sources}")

set(folder ${CMAKE_SOURCE_DIR}/engine/vulkan/shaders)
set(built ${CMAKE_BINARY_DIR}/shaders)
file(MAKE_DIRECTORY ${built})
file(GLOB shaders CONFIGURE_DEPENDS ${folder}/*.comp)
file(GLOB shared CONFIGURE_DEPENDS ${folder}/*.glsl)
# Matrix units want a compiler of shaders that knows them in bf16 (glslang of 2025): without,
# --precision bf16 is computed in fp32 on a device.
file(WRITE ${built}/probe.comp "#version 460
#extension GL_EXT_bfloat16 : require
#extension GL_KHR_cooperative_matrix : require
layout(local_size_x = 1) in;
void main() {}
")
if(QSTAR_GLSLANG)
  set(compile ${QSTAR_GLSLANG} -V --quiet --target-env vulkan1.2)
else()
  set(compile ${QSTAR_GLSLC} -O --target-env=vulkan1.2)
endif()
string(REPLACE vulkan1.2 vulkan1.3 compile_bf16 "${compile}") # matrix units want SPIR-V 1.6
execute_process(COMMAND ${compile_bf16} -o ${built}/probe.spv ${built}/probe.comp
  RESULT_VARIABLE unknown OUTPUT_QUIET ERROR_QUIET)
if(unknown)
  message(STATUS "qstar: the compiler of shaders knows no bf16; devices compute it in fp32")
endif()
set(text "#include \"engine/vulkan/gpu/shaders.h\"\n\nnamespace qstar::engine::vulkan::shaders {\n\n")
set(arrays)
foreach(shader ${shaders})
  get_filename_component(name ${shader} NAME_WE)
  set(array ${built}/${name}.inc)
  set(this ${compile})
  if(name STREQUAL gemm_bf16)
    if(unknown)
      string(APPEND text "extern const Spirv ${name}{nullptr, 0};\n\n")
      continue()
    endif()
    set(this ${compile_bf16})
  endif()
  if(QSTAR_GLSLANG)
    # A whole declaration: const uint32_t NAME_words[] = {...};
    add_custom_command(OUTPUT ${array} DEPENDS ${shader} ${shared}
      COMMAND ${this} --vn ${name}_words -o ${array} ${shader}
      COMMENT "Shader ${name}" VERBATIM)
    string(APPEND text "#include \"${name}.inc\"\n")
  else()
    # The numbers alone: {...}
    add_custom_command(OUTPUT ${array} DEPENDS ${shader} ${shared}
      COMMAND ${this} -mfmt=c -o ${array} ${shader}
      COMMENT "Shader ${name}" VERBATIM)
    string(APPEND text "static const uint32_t ${name}_words[] =\n#include \"${name}.inc\"\n;\n")
  endif()
  string(APPEND text "extern const Spirv ${name}{${name}_words, sizeof ${name}_words};\n\n")
  list(APPEND arrays ${array})
endforeach()
string(APPEND text "} // namespace qstar::engine::vulkan::shaders\n")
file(CONFIGURE OUTPUT ${built}/shaders.cpp CONTENT "${text}" @ONLY)
set_source_files_properties(${built}/shaders.cpp PROPERTIES OBJECT_DEPENDS "${arrays}"
  INCLUDE_DIRECTORIES ${built})
target_sources(qstar_engine PRIVATE ${built}/shaders.cpp)
target_include_directories(qstar_engine SYSTEM PRIVATE ${QSTAR_VULKAN_INCLUDE})
target_link_libraries(qstar_engine PRIVATE ${CMAKE_DL_LIBS})
