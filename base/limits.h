/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Upper bounds on whatever a peer controls. GLib aborts when memory runs out, so a size is checked
 * against one of these before anything is allocated for it. Bounds of the wire's own arrays stand
 * in rpc/tables/remote.x.
 */
#pragma once

#define LIMIT_FRAME (32 * 1024 * 1024 + 4) /* whole frame, its length word included */
#define LIMIT_FRAME_ANONYMOUS (300 * 1024)  /* the same, of a client that has not logged in */
#define LIMIT_FDS 32			   /* descriptors with one frame */
#define LIMIT_STREAM_CHUNK 262120	   /* payload of a data frame that we send */
#define LIMIT_CLIENT_BUFFER (64 * 1024 * 1024) /* unsent bytes of one client before it is cut off */
#define LIMIT_CLIENT_AHEAD (1024 * 1024) /* of them, above which nothing more is read from it */
#define LIMIT_FRAME_READER (64 * 1024)	 /* whole frame of who may only read: what takes 20 ms to parse */
#define LIMIT_FRAME_READER_LIST (300 * 1024) /* the same with a list of domains */
#define LIMIT_READER_SECONDS 30		 /* in which such a client finishes a frame that it began */
#define LIMIT_READER_IN (16 * 1024 * 1024)  /* bytes of unfinished frames of one user who reads */
#define LIMIT_READER_OUT (64 * 1024 * 1024) /* unsent bytes of all connections of one such user */
#define LIMIT_READER_CALLS 64		 /* calls in progress of all connections of one such user */
#define LIMIT_USER_IN (256 * 1024 * 1024)  /* the same of users who manage */
#define LIMIT_USER_OUT (512 * 1024 * 1024)
#define LIMIT_CLIENT_STREAMS 64		   /* streams of one client, finished ones included */
#define LIMIT_CLIENT_CALLBACKS 1024	   /* event registrations of one client */

#define LIMIT_XML_SIZE (4 * 1024 * 1024) /* bytes of one document */
#define LIMIT_XML_DEPTH 64		 /* nesting of elements, except inside metadata: 256 */
#define LIMIT_XML_NODES 200000		 /* elements and attributes of one document */
#define LIMIT_XML_ATTRIBUTES 1000	 /* of one element: the parser compares each with each */
#define LIMIT_XML_NAMESPACES 1000	 /* declared in one document: each is looked for among all */
#define LIMIT_NAME 255			 /* bytes of an object's name: it becomes a file name */

#define LIMIT_QMP_LINE (64 * 1024 * 1024)  /* bytes of one message of a hypervisor */
#define LIMIT_AGENT_LINE (16 * 1024 * 1024) /* bytes of one message of a guest agent */
#define LIMIT_BACKING_CHAIN 200		   /* images below one disk */

#define LIMIT_DOMAINS 100000 /* definitions of one daemon */
#define LIMIT_FIBERS 4096    /* calls in flight in one process */
