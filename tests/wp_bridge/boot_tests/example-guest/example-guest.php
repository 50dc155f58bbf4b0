<?php
/**
 * Plugin Name: Example guest
 *
 * The plugin that the tests of the boot put into a site: it tells what it sees, and counts its cron events.
 */

add_action( 'rest_api_init', function () {
	register_rest_route( 'guest/v1', '/facts', array(
		'methods'             => 'GET',
		'permission_callback' => '__return_true',
		'callback'            => function () {
			return array(
				'home'        => get_option( 'home' ),
				'home_url'    => home_url( '/' ),
				'admin_url'   => admin_url(),
				'rest_url'    => rest_url(),
				'environment' => wp_get_environment_type(),
				'waiting'     => json_decode( get_option( 'guest_queue' ), true ),
				'open_until'  => json_decode( get_option( 'guests_net' ), true )['open_until'],
				'ticks'       => (int) get_option( 'guest_ticks' ),
			);
		},
	) );
	register_rest_route( 'guest/v1', '/ask', array(
		'methods'             => 'GET',
		'permission_callback' => '__return_true',
		'callback'            => function ( $request ) {
			$answer = wp_remote_get( $request['url'], array( 'timeout' => 5 ) );
			return is_wp_error( $answer ) ? $answer->get_error_message() : wp_remote_retrieve_response_code( $answer );
		},
	) );
} );

add_action( 'guest_tick', function () {
	update_option( 'guest_ticks', 1 + (int) get_option( 'guest_ticks' ) );
} );

register_activation_hook( __FILE__, function () {
	$item = array( 'next' => time(), 'id' => 'одно' );
	update_option( 'guest_queue', json_encode( array( 'items' => array( $item ) ), JSON_UNESCAPED_UNICODE ) );
	update_option( 'guests_net', '{"open_until":5}' ); // another plugin's
	wp_schedule_event( time() + 3000, 'hourly', 'guest_tick' );
} );
